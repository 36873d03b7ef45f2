import type { Json } from './error';
import { isObject, quoted, TokenizerError } from './error';

/** The files beside a model that say something about its tokens, parsed. */
export interface TokenizerFiles {
  tokenizerJson: unknown;
  tokenizerConfig?: unknown;
  /** special_tokens_map.json: the names of special tokens, where tokenizer_config.json does not have them. */
  specialTokensMap?: unknown;
  /** added_tokens.json: ids of tokens that were added later. */
  addedTokens?: unknown;
}

/** `eos_token` and its like are a text, or an object with the text in `content`. */
export const contentOf = (value: unknown): string | undefined =>
  typeof value === 'string'
    ? value
    : isObject(value) && typeof value['content'] === 'string'
      ? value['content']
      : undefined;

const objectFile = (value: unknown, name: string): Json => {
  if (value === undefined || value === null) return {};
  if (isObject(value)) return value;
  throw new TokenizerError(
    `${name} must be a JSON object, but is ${Array.isArray(value) ? 'a list' : typeof value}. Take the file of that name from the model's own folder.`,
  );
};

const names = ['bos_token', 'eos_token', 'unk_token', 'sep_token', 'pad_token', 'cls_token', 'mask_token'];
const moreNames = ['additional_special_tokens', 'extra_special_tokens'];

/** Texts of special tokens: those with a name, and lists or maps of further ones. */
const specialTexts = (config: Json): { content: string; flags: Json }[] => {
  const given = [
    ...names.map((name) => config[name]),
    ...moreNames.flatMap((name) => {
      const value = config[name];
      return Array.isArray(value) ? (value as unknown[]) : isObject(value) ? Object.values(value) : [];
    }),
  ];
  return given.flatMap((value) => {
    const content = contentOf(value);
    return content === undefined || content === '' ? [] : [{ content, flags: isObject(value) ? value : {} }];
  });
};

/**
 * tokenizer_config.json with the special tokens that special_tokens_map.json names. A file with `added_tokens_decoder` is
 * complete, so that only what it leaves out is taken; before there was one, the other file had the last word.
 * @throws TokenizerError for a file that is no object
 */
export const withNamedTokens = (tokenizerConfig: unknown, specialTokensMap: unknown): Json => {
  const config = { ...objectFile(tokenizerConfig, 'tokenizer_config.json') };
  const isComplete = isObject(config['added_tokens_decoder']);
  for (const [name, value] of Object.entries(objectFile(specialTokensMap, 'special_tokens_map.json'))) {
    if (value === null) continue;
    if (!isComplete || config[name] === undefined || config[name] === null) config[name] = value;
  }
  return config;
};

const idsOf = (json: Json): Map<string, number> => {
  const model = isObject(json['model']) ? json['model'] : {};
  const { vocab } = model;
  if (Array.isArray(vocab)) {
    return new Map(
      vocab.flatMap((entry, id) => (Array.isArray(entry) ? [[String(entry[0]), id] as const] : [])),
    );
  }
  return new Map(Object.entries(isObject(vocab) ? vocab : {}) as [string, number][]);
};

const flag = (token: Json, name: string, otherwise: boolean): boolean =>
  typeof token[name] === 'boolean' ? token[name] : otherwise;

const asAdded = (id: number, content: string, token: Json, special: boolean): Json => ({
  id,
  content,
  single_word: flag(token, 'single_word', false),
  lstrip: flag(token, 'lstrip', false),
  rstrip: flag(token, 'rstrip', false),
  normalized: flag(token, 'normalized', !special),
  special,
});

/**
 * One tokenizer.json and one tokenizer_config.json that hold what all the files say, as transformers puts them together:
 * tokens of `added_tokens_decoder` and added_tokens.json are added, named special tokens are found whole in a text, and
 * special_tokens_map.json names those that tokenizer_config.json does not.
 * @returns copies; the files are not changed
 * @throws TokenizerError for a file or field that is malformed, and for two tokens with one id
 */
export const mergeTokenizerFiles = (
  files: TokenizerFiles,
): { tokenizerJson: Json; tokenizerConfig: Json } => {
  const json = { ...objectFile(files.tokenizerJson ?? undefined, 'tokenizer.json') };
  const config = withNamedTokens(files.tokenizerConfig, files.specialTokensMap);
  const decoder = objectFile(config['added_tokens_decoder'], 'tokenizer_config.json, added_tokens_decoder');
  const isComplete = isObject(config['added_tokens_decoder']);

  const ids = idsOf(json);
  const own = Array.isArray(json['added_tokens']) ? (json['added_tokens'] as unknown[]) : undefined;
  if (json['added_tokens'] !== undefined && json['added_tokens'] !== null && !own) {
    return { tokenizerJson: json, tokenizerConfig: config }; // malformed: said where it is read
  }
  const added = [...(own ?? [])];
  const known = new Map(
    added
      .filter(isObject)
      .flatMap((token) =>
        typeof token['content'] === 'string' ? [[token['content'], token['id'] as number] as const] : [],
      ),
  );
  const taken = new Map<number, string>([...ids].map(([content, id]) => [id, content]));
  for (const [content, id] of known) taken.set(id, content);
  const add = (place: string, id: unknown, content: string, token: Json, special: boolean) => {
    if (content === '' || known.has(content)) return;
    const other = taken.get(id as number);
    if (other !== undefined && other !== content) {
      throw new TokenizerError(
        `${place}: the token ${quoted(content)} has id ${quoted(id)}, which is that of ${quoted(other)} in tokenizer.json. The files belong to different models.`,
      );
    }
    known.set(content, id as number);
    taken.set(id as number, content);
    added.push(asAdded(id as number, content, token, special));
  };

  const special = specialTexts(config);
  const isSpecial = (content: string) => special.some((one) => one.content === content);
  for (const [key, token] of Object.entries(decoder)) {
    const place = `tokenizer_config.json, added_tokens_decoder[${quoted(key)}]`;
    const content = contentOf(token);
    if (content === undefined || !/^\d+$/.test(key)) {
      throw new TokenizerError(
        `${place}: must be an id with { content }. Take the file from the model's own folder.`,
      );
    }
    const fields = isObject(token) ? token : {};
    add(
      place,
      ids.get(content) ?? Number(key),
      content,
      fields,
      fields['special'] === true || isSpecial(content),
    );
  }
  if (!isComplete) {
    for (const [content, id] of Object.entries(objectFile(files.addedTokens, 'added_tokens.json'))) {
      if (!Number.isInteger(id)) {
        throw new TokenizerError(
          `added_tokens.json, ${quoted(content)}: ${quoted(id)} is not a token's number.`,
        );
      }
      add('added_tokens.json', ids.get(content) ?? id, content, {}, isSpecial(content));
    }
  }
  for (const { content, flags } of special) {
    const id = ids.get(content);
    if (id !== undefined) add('special tokens', id, content, flags, true);
  }
  // Read back without special tokens, a text also lacks those that only another file calls so.
  const alsoSpecial = new Set([
    ...names.map((name) => contentOf(config[name])),
    ...Object.values(decoder).flatMap((token) =>
      isObject(token) && token['special'] === true ? [contentOf(token)] : [],
    ),
  ]);
  json['added_tokens'] = added.map((token) =>
    isObject(token) && alsoSpecial.has(String(token['content'])) ? { ...token, special: true } : token,
  );
  return { tokenizerJson: json, tokenizerConfig: config };
};
