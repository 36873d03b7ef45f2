import type { Json } from './error';
import { bad, byType, isObject, listAt, objectAt, quoted } from './error';

/** Special tokens that a text gets when it is a whole input. */
export interface Around {
  before: number[];
  after: number[];
}

type Ids = (token: string) => number | undefined;

const none = (): Around => ({ before: [], after: [] });

/** `["[SEP]", 3]`. */
const pairId = (value: unknown, place: string, ids: Ids): number => {
  const [token, id] = listAt(value, place);
  return ids(String(token)) ?? (Number.isInteger(id) ? (id as number) : bad(place, 'must be [token, id]'));
};

const template = (config: Json, place: string, ids: Ids): Around => {
  const special = isObject(config['special_tokens']) ? config['special_tokens'] : {};
  const around = none();
  let isAfter = false;
  listAt(config['single'], `${place}.single`).forEach((item, i) => {
    const at = `${place}.single[${i}]`;
    const piece = objectAt(item, at);
    if ('Sequence' in piece) {
      isAfter = true;
      return;
    }
    const { id } = objectAt(piece['SpecialToken'], at);
    const entry = isObject(special[String(id)]) ? (special[String(id)] as Json) : {};
    const own = ids(String(id));
    const found = Array.isArray(entry['ids']) ? (entry['ids'] as unknown[]) : own === undefined ? [] : [own];
    if (found.length === 0 || !found.every(Number.isInteger)) {
      bad(at, `the token ${quoted(id)} is not in special_tokens or the vocabulary`);
    }
    around[isAfter ? 'after' : 'before'].push(...(found as number[]));
  });
  return around;
};

/** The tokens that the post-processor puts before and after a text. @throws TokenizerError for a kind that is not known */
export const readAround = (config: unknown, ids: Ids): Around => {
  if (config === null || config === undefined) return none();
  const makers: Record<string, (c: Json, place: string) => Around> = {
    BertProcessing: (c, place) => ({
      before: [pairId(c['cls'], `${place}.cls`, ids)],
      after: [pairId(c['sep'], `${place}.sep`, ids)],
    }),
    ByteLevel: none,
    RobertaProcessing: (c, place) => makers['BertProcessing']!(c, place),
    Sequence: (c, place) =>
      listAt(c['processors'], `${place}.processors`).reduce<Around>((inner, one, i) => {
        const { before, after } = byType(makers, one, `${place}.processors[${i}]`);
        return { before: [...before, ...inner.before], after: [...inner.after, ...after] };
      }, none()),
    TemplateProcessing: (c, place) => template(c, place, ids),
  };
  return byType(makers, config, 'post_processor');
};
