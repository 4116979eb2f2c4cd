/**
 * The expression language of GitHub Actions, as far as workflows of this repository use it. What is not known here is
 * an error, not empty text: a typing error in a workflow must not look like an unset variable.
 */

export type Value = null | boolean | number | string | readonly Value[] | { readonly [name: string]: Value };
export type Functions = Readonly<Record<string, (...args: Value[]) => Value>>;

/** What `github`, `inputs`, `steps` ... are, and what can be called. */
export interface Scope {
  readonly contexts: Readonly<Record<string, Value>>;
  readonly functions: Functions;
}

type Token =
  | { readonly kind: 'literal'; readonly value: Value }
  | { readonly kind: 'name' | 'sign'; readonly text: string };

const TOKEN =
  /\s*(?:(?<number>-?(?:0x[\da-fA-F]+|\d+(?:\.\d+)?))|'(?<text>(?:[^']|'')*)'|(?<name>[A-Za-z_][\w-]*)|(?<sign>&&|\|\||==|!=|<=|>=|[!<>()[\].,*]))/y;
const WORDS: Readonly<Record<string, Value>> = { true: true, false: false, null: null };

/** @param text without its `${{ }}` */
export function evaluate(text: string, scope: Scope): Value {
  return new Parser(tokensOf(text), text, scope).parse();
}

/** Text with expressions in it, as scripts, addresses and names have them. */
export function interpolate(text: string, scope: Scope): string {
  return text.replaceAll(/\$\{\{(.*?)\}\}/gs, (_, expression: string) => textOf(evaluate(expression, scope)));
}

/** A value of YAML with expressions in it; one that is nothing but an expression keeps its type. */
export function interpolateValue(value: unknown, scope: Scope): Value {
  if (typeof value !== 'string') return (value ?? null) as Value;
  const whole = /^\s*\$\{\{((?:(?!\}\}).)*)\}\}\s*$/s.exec(value);
  return whole === null ? interpolate(value, scope) : evaluate(whole[1]!, scope);
}

export function textOf(value: Value): string {
  if (value === null) return '';
  return typeof value === 'object' ? (isList(value) ? 'Array' : 'Object') : String(value);
}

export function isTrue(value: Value): boolean {
  return value !== null && value !== false && value !== 0 && value !== '';
}

/** Functions that look at nothing but their arguments. */
export const PURE_FUNCTIONS: Functions = {
  contains: (where, what) =>
    isList(where)
      ? where.some((one) => isEqual(one, what ?? null))
      : lower(where ?? null).includes(lower(what ?? null)),
  startswith: (text, start) => lower(text ?? null).startsWith(lower(start ?? null)),
  endswith: (text, end) => lower(text ?? null).endsWith(lower(end ?? null)),
  format: (pattern, ...values) =>
    textOf(pattern ?? null).replaceAll(/\{(\d+)\}/g, (_, index: string) =>
      textOf(values[Number(index)] ?? null),
    ),
  join: (list, separator) =>
    isList(list) ? list.map(textOf).join(textOf(separator ?? ',')) : textOf(list ?? null),
  tojson: (value) => JSON.stringify(value, undefined, 2),
  fromjson: (text) => JSON.parse(textOf(text ?? null)) as Value,
};

function isList(value: Value | undefined): value is readonly Value[] {
  return Array.isArray(value);
}

function lower(value: Value): string {
  return textOf(value).toLowerCase();
}

/** GitHub compares text without regard to case, and values of different types as numbers. */
function isEqual(one: Value, other: Value): boolean {
  if (typeof one === 'string' && typeof other === 'string') return lower(one) === lower(other);
  if (typeof one === typeof other || (typeof one === 'object' && typeof other === 'object'))
    return one === other;
  return numberOf(one) === numberOf(other);
}

function numberOf(value: Value): number {
  if (typeof value === 'object') return value === null ? 0 : Number.NaN;
  return Number(value);
}

function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.trimEnd().length) {
    const at = TOKEN.lastIndex;
    const groups = TOKEN.exec(text)?.groups;
    if (groups === undefined)
      throw new Error(`The expression «${text.trim()}» can't be read at «${text.slice(at)}»`);
    const { number, text: quoted, name, sign } = groups;
    if (number !== undefined) tokens.push({ kind: 'literal', value: Number(number) });
    else if (quoted !== undefined) tokens.push({ kind: 'literal', value: quoted.replaceAll("''", "'") });
    else if (name !== undefined && Object.hasOwn(WORDS, name))
      tokens.push({ kind: 'literal', value: WORDS[name]! });
    else if (name !== undefined) tokens.push({ kind: 'name', text: name });
    else tokens.push({ kind: 'sign', text: sign! });
  }
  return tokens;
}

/** What `.*` leaves: the next `.name` is asked of each. */
class Each {
  constructor(readonly values: readonly Value[]) {}
}

class Parser {
  #at = 0;

  constructor(
    private readonly tokens: readonly Token[],
    private readonly text: string,
    private readonly scope: Scope,
  ) {}

  parse(): Value {
    const value = this.#or();
    if (this.#at < this.tokens.length) throw this.#failure('has something after its end');
    return value;
  }

  // Both sides are computed: nothing here has an effect, and what is wrong on either side is to be seen.
  #or(): Value {
    let value = this.#and();
    while (this.#take('||')) {
      const other = this.#and();
      value = isTrue(value) ? value : other;
    }
    return value;
  }

  #and(): Value {
    let value = this.#comparison();
    while (this.#take('&&')) {
      const other = this.#comparison();
      value = isTrue(value) ? other : value;
    }
    return value;
  }

  #comparison(): Value {
    const value = this.#unary();
    if (this.#take('==')) return isEqual(value, this.#unary());
    if (this.#take('!=')) return !isEqual(value, this.#unary());
    if (this.#take('<=')) return numberOf(value) <= numberOf(this.#unary());
    if (this.#take('>=')) return numberOf(value) >= numberOf(this.#unary());
    if (this.#take('<')) return numberOf(value) < numberOf(this.#unary());
    if (this.#take('>')) return numberOf(value) > numberOf(this.#unary());
    return value;
  }

  #unary(): Value {
    return this.#take('!') ? !isTrue(this.#unary()) : this.#access();
  }

  #access(): Value {
    let value: Value | Each = this.#primary();
    for (;;) {
      if (this.#take('.')) {
        if (this.#take('*')) value = new Each(Object.values(valueOf(value) ?? {}) as Value[]);
        else value = memberOf(value, this.#name());
      } else if (this.#take('[')) {
        const index = this.#or();
        this.#expect(']');
        value = memberOf(value, textOf(index));
      } else {
        return valueOf(value);
      }
    }
  }

  #primary(): Value {
    if (this.#take('(')) {
      const value = this.#or();
      this.#expect(')');
      return value;
    }
    const token = this.tokens[this.#at];
    if (token?.kind === 'literal') {
      this.#at += 1;
      return token.value;
    }
    const name = this.#name();
    if (this.#take('(')) return this.#call(name);
    const context = this.scope.contexts[name];
    if (context === undefined) throw this.#failure(`asks for ${name}, which is not known here`);
    return context;
  }

  #call(name: string): Value {
    const args: Value[] = [];
    if (!this.#take(')')) {
      do args.push(this.#or());
      while (this.#take(','));
      this.#expect(')');
    }
    const called = this.scope.functions[name.toLowerCase()];
    if (called === undefined) throw this.#failure(`calls ${name}(), which is not known here`);
    return called(...args);
  }

  #name(): string {
    const token = this.tokens[this.#at];
    if (token?.kind !== 'name') throw this.#failure('lacks a name');
    this.#at += 1;
    return token.text;
  }

  #take(sign: string): boolean {
    const token = this.tokens[this.#at];
    if (token?.kind !== 'sign' || token.text !== sign) return false;
    this.#at += 1;
    return true;
  }

  #expect(sign: string): void {
    if (!this.#take(sign)) throw this.#failure(`lacks ${sign}`);
  }

  #failure(what: string): Error {
    return new Error(`The expression «${this.text.trim()}» ${what}`);
  }
}

function valueOf(value: Value | Each): Value {
  return value instanceof Each ? value.values : value;
}

/** What is not there is null, as at GitHub: an input of another event, an output of a step that did not run. */
function memberOf(value: Value | Each, name: string): Value | Each {
  if (value instanceof Each) return new Each(value.values.map((one) => valueOf(memberOf(one, name))));
  if (value === null || typeof value !== 'object') return null;
  if (isList(value)) return value[Number(name)] ?? null;
  const key = Object.keys(value).find((one) => one.toLowerCase() === name.toLowerCase());
  return key === undefined ? null : value[key]!;
}
