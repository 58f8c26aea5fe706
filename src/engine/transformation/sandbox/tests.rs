use bytes::Bytes;
use serde_json::json;

use super::*;

const LIMIT: usize = 10 << 20;

fn request(body: &[u8]) -> Content {
    Content {
        method: "POST".to_owned(),
        path: "/orders".to_owned(),
        query: "a=1&a=2&b=%20".to_owned(),
        headers: vec![("content-type".to_owned(), "application/json".to_owned()), ("x-b".to_owned(), "1".to_owned())],
        body: Bytes::copy_from_slice(body),
    }
}

fn script(code: &str) -> Script {
    let env = BTreeMap::from([("TOKEN".to_owned(), Secret::new("s3cret-value")), ("N".to_owned(), Secret::new("7"))]);
    Script { code: code.to_owned(), hash: String::new(), hidden: env.values().cloned().collect(), env }
}

fn ran(code: &str, body: &[u8]) -> Ran {
    let context = json!({"event_id": "evt_1"}).as_object().cloned().unwrap();
    run(&script(code), Some((&request(body), context)), LIMIT, &Pulse::default())
}

fn handler(body: &str) -> String {
    format!("addHandler('transform', (request, context) => {{ {body} }})")
}

const ORDER: &[u8] = br#"{ "id": 12345678901234567890, "b": 1, "a": 2 }"#;

#[test]
fn what_is_not_touched_keeps_its_bytes() {
    for code in
        ["return request", "return {...request}", "return {headers: request.headers}", "request.x = 1; return request"]
    {
        assert_eq!(ran(&handler(code), ORDER).outcome.unwrap(), request(ORDER), "{code}");
    }
    for body in [b"\xff\x00\xfe".as_slice(), b"plain text", b"", br#""a string""#, b"  [1, 2]\n"] {
        assert_eq!(ran(&handler("return {...request}"), body).outcome.unwrap(), request(body), "{body:?}");
    }
}

#[test]
fn each_part_may_be_changed() {
    let changed = |code: &str, body: &[u8]| ran(&handler(code), body).outcome.unwrap();
    let after = changed(
        "return {...request, headers: {...request.headers, 'X-New': 'n', 'x-b': null, 'x-c': ['1', 2, true, 1.5]}}",
        ORDER,
    );
    let pairs = [
        ("content-type", "application/json"),
        ("x-new", "n"),
        ("x-c", "1"),
        ("x-c", "2"),
        ("x-c", "true"),
        ("x-c", "1.5"),
    ];
    assert_eq!(after.headers, pairs.map(|(name, value)| (name.to_owned(), value.to_owned())));
    assert_eq!(after.body, ORDER);
    let spelled = changed("request.headers['Content-Type'] = 'text/x'; return request", ORDER);
    assert_eq!(spelled.headers[1], ("content-type".to_owned(), "text/x".to_owned()));
    for (case, code, body, expected) in [
        (
            "in the script's order",
            "request.body.z = 0; delete request.body.id; return request",
            ORDER,
            r#"{"b":1,"a":2,"z":0}"#,
        ),
        ("a text as it is", "return {...request, body: 'id=' + request.body.b}", ORDER, "id=1"),
        ("null is JSON", "return {...request, body: null}", ORDER, "null"),
        ("empty", "return {...request, body: ''}", ORDER, ""),
        ("text in", "return {...request, body: request.body.split('=')}", b"a=b", r#"["a","b"]"#),
        ("bytes in base64", "return {...request, body: request.body + '!'.slice(1)}", b"\xff\xfe\xfd", "\u{0}"),
        ("out in base64", "return {...request, body: 'aGk=', body_encoding: 'base64'}", b"x", "hi"),
        (
            "asynchronously",
            "return Promise.resolve({...request, body: [context.event_id, context.env.N]})",
            b"",
            r#"["evt_1","7"]"#,
        ),
    ] {
        let after = changed(code, body);
        if expected == "\u{0}" {
            assert_eq!(after.body, body, "{case}");
        } else {
            assert_eq!(after.body, expected.as_bytes(), "{case}");
        }
    }
    let after = changed(
        "return {...request, path: '/x', method: 'PUT', query: {...request.query, c: [3, true], b: undefined}}",
        ORDER,
    );
    assert_eq!((after.path.as_str(), after.method.as_str(), after.query.as_str()), ("/x", "PUT", "a=1&a=2&c=3&c=true"));
    assert_eq!(changed("return {...request, query: '?q=1'}", ORDER).query, "q=1");
    let typed = changed("return {...request, headers: {}, body: {}}", b"text");
    assert_eq!(typed.headers, [("content-type".to_owned(), "application/json".to_owned())]);
}

#[test]
fn each_failure_is_told_with_its_place() {
    use RunErrorCode::{BadResult, Exception, NoHandler, OutOfMemory, Syntax, TooLarge};
    for (case, code, expected, said, line) in [
        ("no script", "let a = ;".to_owned(), Syntax, "SyntaxError", Some(1)),
        ("later", "let a = 1;\n\nlet b = }".to_owned(), Syntax, "SyntaxError", Some(3)),
        ("none registered", "let a = 1".to_owned(), NoHandler, "addHandler", None),
        ("another event", "addHandler('other', () => 1)".to_owned(), Exception, "addHandler takes", Some(1)),
        ("at the top", "\nnope()".to_owned(), Exception, "nope is not defined", Some(2)),
        ("thrown", handler("\n\n  throw new Error('no id')"), Exception, "Error: no id", Some(3)),
        ("a text", handler("throw 'no id'"), Exception, "no id", None),
        ("within", handler("\nreturn JSON.parse('{')"), Exception, "SyntaxError", Some(2)),
        ("rejected", handler("return Promise.reject(new TypeError('later'))"), Exception, "TypeError: later", Some(1)),
        ("never", handler("return new Promise(() => {})"), BadResult, "nothing settles", None),
        ("nothing", handler(""), BadResult, "returned nothing", None),
        ("an array", handler("return [request]"), BadResult, "an array", None),
        ("a number", handler("return 7"), BadResult, "return a request", None),
        ("another object", handler("return {id: 1}"), BadResult, "without headers", None),
        (
            "an object as header",
            handler("return {...request, headers: {a: {}}}"),
            BadResult,
            "the header `a` is an object",
            None,
        ),
        ("a header's end", handler("return {...request, headers: {a: 'b\\r\\nc: d'}}"), BadResult, "line breaks", None),
        ("a bad name", handler("return {...request, headers: {'a b': '1'}}"), BadResult, "no name of a header", None),
        ("no headers", handler("return {...request, headers: 'a: b'}"), BadResult, "must be an object", None),
        ("BigInt", handler("return {...request, body: {n: 1n}}"), BadResult, "BigInt", None),
        (
            "a circle",
            handler("const a = {}; a.a = a; return {...request, body: a}"),
            BadResult,
            "`body` cannot be written",
            None,
        ),
        ("a function", handler("return {...request, body: () => 1}"), BadResult, "a function", None),
        ("half a pair", handler("return {...request, body: '\\ud800'}"), BadResult, "surrogate", None),
        ("GET", handler("return {...request, method: 'GET'}"), BadResult, "must be one of", None),
        ("a path", handler("return {...request, path: 'x'}"), BadResult, "slash", None),
        ("not base64", handler("return {...request, body: '?', body_encoding: 'base64'}"), BadResult, "base64", None),
        ("recursion", handler("const f = () => f() + 1; return f()"), OutOfMemory, "too deeply", Some(1)),
        ("memory", handler("const a = []; for (;;) a.push('x'.repeat(1000) + a.length)"), OutOfMemory, "memory", None),
        ("one text", handler("let a = 'x'; for (;;) a += a"), Exception, "", None),
        ("output", handler("return {...request, body: 'x'.repeat(10485761)}"), TooLarge, "10485761 bytes", None),
        (
            "a getter",
            handler("return {...request, get body() { throw new Error('mine') }}"),
            Exception,
            "Error: mine",
            Some(1),
        ),
    ] {
        let error = ran(&code, ORDER).outcome.map(|after| after.body).unwrap_err();
        if case == "one text" {
            // Whichever is reached first: the longest text that there can be, or the memory.
            assert!([OutOfMemory, Exception].contains(&error.code), "{case}: {error:?}");
            continue;
        }
        assert_eq!(error.code, expected, "{case}: {error:?}");
        assert!(error.message.contains(said), "{case}: {error:?}");
        if line.is_some() {
            assert_eq!(error.line, line, "{case}: {error:?}");
        }
    }
}

#[test]
fn what_does_not_end_is_stopped() {
    for code in [
        "for (;;) {}",
        "while (true) try { for (;;) {} } catch { }",
        "return /^(a+)+$/.test('a'.repeat(40) + 'b')",
        "return (async () => { for (;;) await null })()",
        "return {...request, get body() { for (;;) {} }}",
        "return {...request, body: {toJSON() { for (;;) {} }}}",
        "return {...request, body: new Proxy({}, {ownKeys() { for (;;) {} }})}",
        "throw {toString() { for (;;) {} }, get message() { for (;;) {} }}",
    ] {
        let ran = ran(&handler(code), ORDER);
        if code.starts_with("throw") {
            assert!(ran.outcome.is_err(), "{code}");
        } else {
            assert_eq!(ran.outcome.unwrap_err().code, RunErrorCode::Timeout, "{code}");
        }
    }
    let top = ran("for (;;) {}", ORDER);
    assert_eq!(top.outcome.unwrap_err().code, RunErrorCode::Timeout);
}

#[test]
fn there_is_nothing_to_reach() {
    let code =
        "const found = ['process', 'require', 'std', 'os', 'bjson', 'fetch', 'setTimeout', 'setInterval', 'Worker',
        'XMLHttpRequest', 'WebAssembly', 'scriptArgs', 'print', 'performance', 'navigator']
        .filter(name => typeof globalThis[name] !== 'undefined');
        return {...request, body: found}";
    assert_eq!(ran(&handler(code), ORDER).outcome.unwrap().body, "[]");
    for code in ["return import('fs').then(() => ({...request, body: 'there'}))", "return eval('import(\"os\")')"] {
        assert!(ran(&handler(code), ORDER).outcome.is_err(), "{code}");
    }
    // Nobody waits in a sandbox.
    let wait = "return {...request, body: Atomics.wait(new Int32Array(new SharedArrayBuffer(8)), 0, 0)}";
    assert_eq!(ran(&handler(wait), ORDER).outcome.unwrap_err().code, RunErrorCode::Exception);
}

#[test]
fn a_run_leaves_nothing_to_the_next() {
    let first = ran(&handler("globalThis.kept = 1; Object.prototype.toJSON = () => 'mine'; return request"), ORDER);
    // What it did to its own language is its own affair, and is still checked.
    assert!(first.outcome.is_err() || first.outcome.is_ok());
    let second = ran(&handler("return {...request, body: [typeof kept, typeof {}.toJSON]}"), ORDER);
    assert_eq!(second.outcome.unwrap().body, r#"["undefined","undefined"]"#);
    let own = ran(
        &handler("request.body.__proto__ = {a: 1}; Array.prototype.push = null; return request"),
        br#"{"__proto__": 7}"#,
    );
    assert!(own.outcome.is_ok(), "{:?}", own.outcome);
}

#[test]
fn the_console_is_bounded_and_knows_no_secrets() {
    let code = handler(
        "console.log('a', 1, {b: [2]}, undefined, null, 3n, new Error('e'));
        console.warn(context.env.TOKEN, 'N=' + context.env.N, JSON.stringify(context.env));
        const a = {}; a.a = a; console.error(a, () => 1, Symbol('s'));
        return request",
    );
    let told = ran(&code, ORDER);
    assert!(told.outcome.is_ok());
    let lines: Vec<_> = told.console.iter().map(|line| (line.level.as_str(), line.text.as_str())).collect();
    assert_eq!(lines[0], ("info", r#"a 1 {"b":[2]} [undefined] null 3n Error: e"#));
    assert_eq!(lines[1], ("warn", r#"•••••••• N=7 {"N":"7","TOKEN":"••••••••"}"#));
    assert_eq!(lines[2].0, "error");
    assert!(!told.console_truncated);

    let flood = ran(&handler("for (let i = 0; i < 100000; i++) console.log('x'.repeat(5000)); return request"), ORDER);
    assert_eq!((flood.console.len(), flood.console_truncated), (100, true));
    assert!(flood.console.iter().all(|line| line.text.len() <= 1024 + 3));

    let thrown = ran(&handler("throw new Error('bad ' + context.env.TOKEN)"), ORDER).outcome.unwrap_err();
    assert_eq!(thrown.message, "Error: bad ••••••••");
}

#[test]
fn large_and_deep_bodies_are_given_or_refused() {
    let items: Vec<_> = (0..220_000).map(|n| json!({"id": n, "name": "some name of some item"})).collect();
    let large = serde_json::to_vec(&items).unwrap();
    assert!(large.len() > 9 << 20);
    assert_eq!(ran(&handler("return {...request, headers: {}}"), &large).outcome.unwrap().body, large);
    let deep = [vec![b'['; 1_000_000], vec![b']'; 1_000_000]].concat();
    let refused = ran(&handler("return request"), &deep).outcome.unwrap_err();
    assert_eq!(refused.code, RunErrorCode::OutOfMemory);
    assert!(refused.message.contains("too deeply"), "{refused:?}");
}

#[test]
fn lost_digits_are_warned_of() {
    let changed = ran(&handler("return {...request, body: {...request.body, c: 1}}"), ORDER);
    assert!(changed.warnings.iter().any(|warning| warning.contains("digits")), "{:?}", changed.warnings);
    assert_eq!(ran(&handler("return {...request, headers: {}}"), ORDER).warnings, [] as [String; 0]);
}

#[test]
fn a_script_is_checked_without_a_request() {
    let check = |code: &str| run(&script(code), None, 0, &Pulse::default()).outcome.map(drop);
    assert_eq!(check(&handler("return request")), Ok(()));
    assert_eq!(check("addHandler('transform', async request => request)"), Ok(()));
    let error = check("addHandler('transform', (request) => {\n  return {...request\n})").unwrap_err();
    assert_eq!((error.code, error.line), (RunErrorCode::Syntax, Some(3)));
    assert_eq!(check("1").unwrap_err().code, RunErrorCode::NoHandler);
}

#[test]
fn calls_that_nothing_interrupts_are_held_to_a_size() {
    for code in [
        "Array.prototype.reverse.call({length: 2 ** 53 - 1})",
        "new Array(4294967295).reverse()",
        "Array.prototype.forEach.call({length: 2 ** 53 - 1}, () => 1)",
        "Array.prototype.indexOf.call({get length() { return 2 ** 53 - 1 }}, 1)",
        "Array.prototype.indexOf.call(new Proxy([], {get: (of, name) => name === 'length' ? 2 ** 53 - 1 : of[name]}), 1)",
        "Array.prototype.join.call({length: {valueOf: () => 2 ** 53 - 1}})",
        "class Mine extends Uint8Array { get length() { return 2 ** 53 - 1 } }; Array.prototype.some.call(new Mine(1), () => 0)",
        "[].concat(new Array(4294967295))",
        "[new Array(4294967295)].flat()",
        "'a'.repeat(2e7).indexOf('a'.repeat(1e7) + 'b')",
        "'a'.repeat(2e7).includes({toString: () => 'a'.repeat(1e7) + 'b'})",
        "'a'.repeat(2e7).lastIndexOf('b' + 'a'.repeat(1e7))",
        "'a'.repeat(2e7).split('a'.repeat(1e7) + 'b')",
        "'a'.repeat(2e7).replaceAll('a'.repeat(1e7) + 'b', '')",
        "'a'.repeat(3e7).split(/b/)",
        "delete Array.prototype.reverse; Array.prototype.reverse = null; new Array(4294967295).reverse()",
    ] {
        let failed = ran(&handler(&format!("{code}; return request")), ORDER);
        let error = failed.outcome.unwrap_err();
        assert!([RunErrorCode::Exception, RunErrorCode::Timeout].contains(&error.code), "{code}: {error:?}");
        assert!(failed.duration < TIME * PATIENCE_OF_TESTS, "{code} took {:?}", failed.duration);
        assert!(error.line.is_none_or(|line| line == 1), "the place is that of the script: {error:?}");
    }
}

/// On a machine that is busy.
const PATIENCE_OF_TESTS: u32 = 8;

#[test]
fn the_language_is_as_it_was_for_everyone_else() {
    let code = handler(
        r"const list = [3, 1, [2, [4]], undefined, 'b', 'a'];
        const bytes = new Uint8Array([1, 255]);
        const checks = [
            [[10, 9, 1].sort().join(), '1,10,9'],
            [[3, 1, 2].toSorted((a, b) => b - a).join(), '3,2,1'],
            [list.flat(Infinity).length, 7],
            [list.flatMap(x => [x, x]).length, 12],
            [[1].concat(2, [3, [4]], 'x').length, 5],
            [list.indexOf('b'), 4],
            [list.includes(undefined), true],
            [[1, 2, 1].lastIndexOf(1), 2],
            [Array.prototype.map.call(bytes, x => x.toString(16)).join(), '1,ff'],
            [(function () { return Array.prototype.slice.call(arguments, 1) })(1, 2).join(), '2'],
            [Array.prototype.map.call('ab', x => x + x).join(), 'aa,bb'],
            ['a,b,c'.split(',', 2).join(), 'a,b'],
            ['a1b2'.split(/\d/).join(), 'a,b,'],
            ['abc'.split('').length, 3],
            ['abc'.split()[0], 'abc'],
            ['aXbX'.replace('X', '-'), 'a-bX'],
            ['aXbX'.replaceAll('X', m => m + m), 'aXXbXX'],
            ['aXbX'.replaceAll(/x/gi, '-'), 'a-b-'],
            ['abcabc'.indexOf('c', 3), 5],
            ['abcabc'.lastIndexOf('c', 4), 2],
            ['abc'.includes('b'), true],
            [String([1, [2, 3]]), '1,2,3'],
            [new Proxy({a: 1}, {get: () => 7}).a, 7],
            [Array.prototype.reverse.name + Array.prototype.reverse.length + [].splice.length, 'reverse02'],
        ];
        return {...request, body: checks.filter(([is, wanted]) => is !== wanted)}",
    );
    assert_eq!(ran(&code, ORDER).outcome.unwrap().body, "[]");
}

#[test]
fn results_are_measured_before_they_are_read() {
    use RunErrorCode::{BadResult, TooLarge};
    for (case, code, expected) in [
        ("a path", "return {...request, path: '/' + 'x'.repeat(1e6)}", TooLarge),
        ("a query", "return {...request, query: 'x'.repeat(1e6)}", TooLarge),
        ("headers", "return {...request, headers: {a: 'x'.repeat(1e6)}}", TooLarge),
        ("many headers", "return {...request, headers: {a: Array(3000).fill('x')}}", BadResult),
    ] {
        let error = ran(&handler(code), ORDER).outcome.map(|after| after.body.len()).unwrap_err();
        assert_eq!(error.code, expected, "{case}: {error:?}");
    }
    for code in ["return {...request, body: 'x'.repeat(3e6)}", "return {...request, body: ['x'.repeat(3e6)]}"] {
        let content = Some((&request(ORDER), Map::new()));
        let error = run(&script(&handler(code)), content, 1 << 20, &Pulse::default()).outcome.unwrap_err();
        assert_eq!((error.code, error.message.as_str()), (TooLarge, "the `body` it returned is too long"), "{code}");
    }
    let named = ran(&handler("return {...request, ['n'.repeat(1000)]: 1}"), ORDER);
    assert!(named.warnings[0].len() < 200, "{:?}", named.warnings);
}

#[test]
fn what_is_said_knows_no_secrets_where_it_is_cut() {
    let code = "throw new Error('x'.repeat(2048 - 'Error: '.length - 4) + context.env.TOKEN)";
    let error = ran(&handler(code), ORDER).outcome.unwrap_err();
    assert!(!error.message.contains("s3c"), "{}", &error.message[2000..]);
    let named = ran(&handler("return {...request, [context.env.TOKEN]: 1}"), ORDER);
    assert!(!named.warnings[0].contains("s3cret"), "{:?}", named.warnings);
}

#[test]
fn a_header_that_is_never_sent_is_warned_of() {
    let set = ran(&handler("return {...request, headers: {...request.headers, Authorization: 'Bearer x'}}"), ORDER);
    assert!(set.warnings.iter().any(|warning| warning.contains("`authorization`")), "{:?}", set.warnings);
}
