import type { MethodSymbol, SymbolValue } from './method';
import type { ParamSpecs, ParamValue } from './params';

/** What the symbols of a method's formula are made from. */
interface Formula {
  tex: string;
  params: ParamSpecs;
  symbols?: Readonly<Record<string, MethodSymbol>>;
}

export interface KnownSymbol {
  id: string;
  /** Finds it in the formula; sticky. */
  pattern: RegExp;
  say: string;
  value: MethodSymbol['value'];
}

const literally = (tex: string) => tex.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');

/** A letter with an index: not one with a further index or a hat, and not a part of a longer name. */
const letter = (name: string) => `(?<![a-zA-Z\\\\]|\\\\(?:hat|bar|tilde) )${literally(name)}(?![a-zA-Z,'^{])`;

const ratio = (side: string, of: string) =>
  literally(String.raw`\log\frac{\pi_\theta(${of}_${side}`) +
  '(?:[^()]*)' +
  literally(String.raw`)}{\pi_{\mathrm{ref}}(${of}_${side}`) +
  '(?:[^()]*)' +
  literally(')}');

const sides = [
  { side: 'w', role: 'chosen', name: 'chosen' },
  { side: 'l', role: 'rejected', name: 'rejected' },
] as const;

/** How the papers write the same few numbers of a pair. */
const standard: readonly { id: string; source: string; say: string; value: SymbolValue; unless?: RegExp }[] =
  [
    {
      id: 'loss',
      source: String.raw`\\mathcal\{L\}(?:_(?:\d|k|\\pi))?`,
      say: 'what training makes small',
      value: 'loss',
    },
    ...sides.flatMap(({ side, role, name }) => [
      {
        id: `${name}-ratio`,
        source: `${ratio(side, 'y')}|${ratio(side, 's')}|${letter(`S_${side}`)}`,
        say: `log-ratio of the ${name} answer: how much likelier the policy finds it than the reference does, in nats`,
        value: `${role}.logRatio` as const,
      },
      {
        id: `${name}-sum`,
        source: String.raw`\\log\\pi_\\theta\(y_${side}(?: \\mid x)?\)`,
        say: `log-prob of the ${name} answer under the policy, in nats`,
        value: `${role}.sum` as const,
      },
      {
        id: `${name}-mean`,
        source: letter(`a_${side}`),
        say: `mean log-prob of a token of the ${name} answer`,
        value: `${role}.mean` as const,
      },
      {
        id: `${name}-length`,
        source: String.raw`\|y_${side}\||${letter(`n_${side}`)}`,
        say: `scored tokens of the ${name} answer`,
        value: `${role}.length` as const,
      },
    ]),
    {
      id: 'margin',
      source: String.raw`(?<![a-zA-Z\\{(|])h(?![a-zA-Z(|])`,
      say: 'by how much the pair was pushed apart: the chosen log-ratio less the rejected one',
      value: 'pair.margin',
      unless: /h = r\(|h = \\log|\(h\)|\\bar h/, // letters that the formula gives a meaning of its own
    },
  ];

/** Parameters that formulas call otherwise than the program does. */
const otherNames: Record<string, string> = { varepsilon: 'labelSmoothing' };
const greek = /\\(alpha|beta|gamma|delta|eta|lambda|mu|tau|varepsilon)(?![a-zA-Z_'])/g;

/** The symbols of a formula that have a number on a pair: the method's own, and those that mean the same in all of them. */
export const symbolsOf = ({ tex, params, symbols = {} }: Formula): KnownSymbol[] => {
  const own = Object.entries(symbols).map(([id, { tex: part, ...rest }]) => ({
    id,
    pattern: new RegExp(literally(part), 'y'),
    ...rest,
  }));
  const letters = [...new Set([...tex.matchAll(greek)].map(([, name]) => name!))].flatMap(
    (name): KnownSymbol[] => {
      const key = otherNames[name] ?? name;
      const spec = params[key];
      if (!spec || own.some(({ pattern }) => pattern.source === `\\\\${name}`)) return [];
      return [
        {
          id: `param-${key}`,
          pattern: new RegExp(String.raw`\\${name}(?![a-zA-Z_'])`, 'y'),
          say: spec.help,
          value: `params.${key}`,
        },
      ];
    },
  );
  const known = standard
    .filter(({ id, unless }) => !(id in symbols) && !unless?.test(tex))
    .map(({ source, ...rest }) => ({ ...rest, pattern: new RegExp(source, 'y') }));
  return [...own, ...known, ...letters].filter(({ pattern }) => new RegExp(pattern.source).test(tex));
};

/** Ids of the parameters that stand in a formula, under whatever letter. */
export const paramsInFormula = (formula: Formula): ReadonlySet<string> =>
  new Set(
    symbolsOf(formula)
      .flatMap(({ value }) => (typeof value === 'string' ? [value] : Object.values(value.of)))
      .flatMap((value) => (value.startsWith('params.') ? [value.slice('params.'.length)] : [])),
  );

/** The formula with each known symbol marked for the page: `\htmlData{s=beta}{\beta}`. The loss is marked once. */
export const markedTex = (tex: string, symbols: readonly KnownSymbol[]): string => {
  let out = '';
  let lost = false;
  for (let at = 0; at < tex.length; ) {
    let found: { id: string; text: string } | undefined;
    for (const { id, pattern } of symbols) {
      if (id === 'loss' && lost) continue;
      pattern.lastIndex = at;
      const text = pattern.exec(tex)?.[0];
      if (text && text.length > (found?.text.length ?? 0)) found = { id, text };
    }
    if (found) {
      if (found.id === 'loss') lost = true;
      out += `\\htmlData{s=${found.id}}{${found.text}}`;
      at += found.text.length;
      continue;
    }
    // A command is passed over whole: its letters are no symbols.
    const [piece] = /^(?:\\[a-zA-Z]+|[\s\S])/.exec(tex.slice(at))!;
    out += piece;
    at += piece.length;
  }
  return out;
};

/** What a symbol's path leads to, with these parameters. */
export const pathOfSymbol = (
  { value }: Pick<KnownSymbol, 'value'>,
  params: Readonly<Record<string, ParamValue>>,
): SymbolValue | undefined => (typeof value === 'string' ? value : value.of[String(params[value.by])]);
