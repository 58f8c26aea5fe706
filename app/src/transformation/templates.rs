//! Scripts to begin with.

/// What it does, and the script.
pub(super) const TEMPLATES: [(&str, &str); 7] = [
    (
        "Pass on as it is",
        r#"addHandler("transform", (request, context) => {
  return request;
});
"#,
    ),
    (
        "Rename a field",
        r#"addHandler("transform", (request, context) => {
  const { customer_id, ...rest } = request.body;
  return { ...request, body: { ...rest, customerId: customer_id } };
});
"#,
    ),
    (
        "Add a header",
        r#"addHandler("transform", (request, context) => {
  const headers = { ...request.headers, "x-tenant": context.env.TENANT ?? "default" };
  return { ...request, headers };
});
"#,
    ),
    (
        "Drop fields",
        r#"const SECRET = ["password", "card_number", "ssn"];

addHandler("transform", (request, context) => {
  const body = Object.fromEntries(
    Object.entries(request.body).filter(([name]) => !SECRET.includes(name)),
  );
  return { ...request, body };
});
"#,
    ),
    (
        "Keep a few fields",
        r#"const KEPT = ["id", "type", "created_at"];

addHandler("transform", (request, context) => {
  const body = Object.fromEntries(KEPT.map((name) => [name, request.body[name]]));
  return { ...request, body };
});
"#,
    ),
    (
        "A message for a chat",
        r#"addHandler("transform", (request, context) => {
  const { type, id } = request.body;
  return { ...request, body: { text: `${type ?? "Something"} happened: ${id ?? "no id"}` } };
});
"#,
    ),
    (
        "Choose the path",
        r#"addHandler("transform", (request, context) => {
  const path = request.body.country === "DE" ? "/eu/orders" : "/orders";
  return { ...request, path };
});
"#,
    ),
];
