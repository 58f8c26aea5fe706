// Runs before a script. Calls into the engine's own library are not interrupted, so the ones that take as long as their
// arguments say are held to a size here. What stood in their place is within reach of this function alone. What it finds
// out of arguments before a call must hold in the call: no getter, proxy or conversion of the script's may come between.
(() => {
  "use strict";
  const LONGEST = 1e7;
  const TEXT = 2e7;
  const WORK = 2e9;
  const { apply, defineProperty, getOwnPropertyDescriptor, getPrototypeOf } = Reflect;
  const { isArray } = Array;
  const { hasOwnProperty } = Object.prototype;
  const { add, has } = WeakSet.prototype;
  const { trunc } = Math;
  const [toObject, Range, Type, Regular, OldProxy] = [Object, RangeError, TypeError, RegExp, Proxy];
  const { isConcatSpreadable: SPREAD, match: MATCH, replace: REPLACE, split: SPLIT } = Symbol;
  const typed = getPrototypeOf(Uint8Array.prototype);
  const typedLength = getOwnPropertyDescriptor(typed, "length").get;
  const proxies = new WeakSet();

  const put = (target, name, value) =>
    defineProperty(target, name, { __proto__: null, value, writable: false, enumerable: false, configurable: false });
  const replaced = (target, name, made) => {
    const { value: old } = getOwnPropertyDescriptor(target, name);
    const value = made(old);
    defineProperty(value, "name", { __proto__: null, value: old.name, configurable: true });
    defineProperty(value, "length", { __proto__: null, value: old.length, configurable: true });
    put(target, name, value);
  };
  const isObject = (value) => (typeof value === "object" && value !== null) || typeof value === "function";
  const tooMuch = (name, what) => {
    throw new Range(`${name} would take too long: ${what}`);
  };

  // A number where nothing can make the engine read another one.
  const lengthOf = (value) => {
    for (let holder = toObject(value); holder !== null; holder = getPrototypeOf(holder)) {
      if (apply(has, proxies, [holder])) return undefined;
      const found = getOwnPropertyDescriptor(holder, "length");
      if (found === undefined) continue;
      if (apply(hasOwnProperty, found, ["value"])) return typeof found.value === "number" ? found.value : undefined;
      return found.get === typedLength ? apply(typedLength, value, []) : undefined;
    }
    return 0;
  };
  const held = (name, value) => {
    const length = lengthOf(value);
    if (length === undefined) throw new Type(`${name} takes an array; make one with Array.from`);
    if (length > LONGEST) tooMuch(name, `the list has more than ${LONGEST} places`);
    return length;
  };
  const lists = Array.prototype;
  for (const name of [
    "copyWithin", "every", "fill", "filter", "find", "findIndex", "findLast", "findLastIndex", "forEach", "join", "map",
    "reduce", "reduceRight", "reverse", "shift", "slice", "some", "splice", "toLocaleString", "toReversed", "toSpliced",
    "unshift", "with",
  ]) {
    replaced(lists, name, (old) => ({
      [name](...given) {
        held(name, this);
        return apply(old, this, given);
      },
    })[name]);
  }
  for (const name of ["includes", "indexOf", "lastIndexOf"]) {
    replaced(lists, name, (old) => ({
      [name](...given) {
        const length = held(name, this);
        const wanted = given[0];
        if (typeof wanted === "string" && length * wanted.length > WORK) tooMuch(name, "the list and the text are too long");
        return apply(old, this, given);
      },
    })[name]);
  }
  const byText = (one, other) => {
    const left = `${one}`;
    const right = `${other}`;
    if (left < right) return -1;
    return left > right ? 1 : 0;
  };
  for (const name of ["sort", "toSorted"]) {
    replaced(lists, name, (old) => ({
      [name](compare) {
        held(name, this);
        return apply(old, this, [compare === undefined ? byText : compare]);
      },
    })[name]);
    replaced(typed, name, (old) => ({
      [name](compare) {
        if (apply(typedLength, this, []) > LONGEST) tooMuch(name, `the list has more than ${LONGEST} places`);
        return apply(old, this, [compare]);
      },
    })[name]);
  }
  // These read what is within lists too, so they are written anew: a loop here is interrupted.
  const flatten = (made, list, depth) => {
    const { length } = list;
    for (let index = 0; index < length; index++) {
      if (!(index in list)) continue;
      const item = list[index];
      if (depth > 0 && isArray(item)) flatten(made, item, depth - 1);
      else made[made.length] = item;
    }
    return made;
  };
  replaced(lists, "concat", () => ({
    concat(...items) {
      const made = [];
      let at = 0;
      for (let number = -1; number < items.length; number++) {
        const item = number < 0 ? toObject(this) : items[number];
        const spread = isObject(item) ? item[SPREAD] : false;
        if (spread === undefined ? isArray(item) : spread) {
          const { length } = item;
          for (let index = 0; index < length; index++, at++) if (index in item) made[at] = item[index];
        } else {
          made[at++] = item;
        }
      }
      made.length = at;
      return made;
    },
  }).concat);
  replaced(lists, "flat", () => ({
    flat(depth) {
      return flatten([], toObject(this), depth === undefined ? 1 : trunc(depth));
    },
  }).flat);
  replaced(lists, "flatMap", () => ({
    flatMap(each, self) {
      const made = [];
      const list = toObject(this);
      const { length } = list;
      for (let index = 0; index < length; index++) {
        if (index in list) flatten(made, [apply(each, self, [list[index], index, list])], 1);
      }
      return made;
    },
  }).flatMap);

  // The work of looking for a text is its length times that of what it is looked for in, at worst.
  const sought = (name, text, wanted) => {
    if ((text.length - wanted.length + 1) * wanted.length > WORK) tooMuch(name, "both texts are too long");
    return wanted;
  };
  const isRegular = (value) => {
    if (!isObject(value)) return false;
    const match = value[MATCH];
    return match === undefined ? value instanceof Regular : !!match;
  };
  const texts = String.prototype;
  for (const name of ["includes", "indexOf", "lastIndexOf"]) {
    replaced(texts, name, (old) => ({
      [name](wanted, from) {
        if (this === undefined || this === null) return apply(old, this, []);
        if (name === "includes" && isRegular(wanted)) throw new Type("includes takes no regular expression");
        const text = `${this}`;
        return apply(old, text, [sought(name, text, `${wanted}`), from]);
      },
    })[name]);
  }
  for (const name of ["replace", "replaceAll", "split"]) {
    replaced(texts, name, (old) => ({
      [name](wanted, other) {
        if (this === undefined || this === null) return apply(old, this, []);
        if (isObject(wanted)) {
          if (name === "replaceAll" && isRegular(wanted) && !/g/.test(`${wanted.flags}`)) {
            throw new Type("replaceAll takes a regular expression with the flag g");
          }
          const method = wanted[name === "split" ? SPLIT : REPLACE];
          if (method !== undefined && method !== null) return apply(method, wanted, [this, other]);
        }
        const text = `${this}`;
        if (name === "split" && wanted === undefined) return apply(old, text, [wanted, other]);
        return apply(old, text, [sought(name, text, `${wanted}`), other]);
      },
    })[name]);
  }
  replaced(Regular.prototype, SPLIT, (old) => ({
    split(text, limit) {
      text = `${text}`;
      if (text.length > TEXT) tooMuch("split", `the text has more than ${TEXT} characters`);
      return apply(old, this, [text, limit]);
    },
  }).split);

  const remembered = (proxy) => {
    apply(add, proxies, [proxy]);
    return proxy;
  };
  const { revocable } = OldProxy;
  const NewProxy = function Proxy(target, handler) {
    if (new.target === undefined) throw new Type("Proxy is made with new");
    return remembered(new OldProxy(target, handler));
  };
  put(NewProxy, "revocable", (target, handler) => {
    const made = revocable(target, handler);
    remembered(made.proxy);
    return made;
  });
  NewProxy.prototype = undefined;
  put(globalThis, "Proxy", NewProxy);
  // Traces of calls would give away what stood in place of the above.
  put(Error, "prepareStackTrace", undefined);
  return (value) => (typeof value === "string" ? value.length : 0);
})();
