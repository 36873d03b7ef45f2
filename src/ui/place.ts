/**
 * Where an address leads: `#/methods/simpo?have=pairs&steps=40` is the page "methods", below it "simpo", with a field of
 * that page's own beside the run document's. An address without a slash (`#steps=40`, `#at=credit`, `#loss`) is the first
 * page's. Fields that begin with `view.` are the reader's: what is hidden, locked, looked at.
 */
import { isPageField } from './routes';
import { isSection } from './sections';

export type Strings = Readonly<Record<string, string>>;

export interface Place {
  /** Parts of the path; empty for the first page. */
  path: readonly string[];
  /** Section of the first page; empty for its top. */
  at: string;
  /** Fields of the page's own, by name. */
  own: Strings;
}

export const topPlace: Place = { path: [], at: '', own: {} };

const decoded = (part: string): string => {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
};

/** A hash, taken apart; fields that are neither the page's nor the reader's are the run document's. */
export interface Parted {
  place: Place;
  view: Strings;
  /** It asks to train at once. */
  start: boolean;
  document: [string, string][];
}

export const partHash = (hash: string): Parted => {
  const text = hash.replace(/^#/, '');
  const mark = text.startsWith('/') ? text.indexOf('?') : -1;
  const pathText = text.startsWith('/') ? (mark < 0 ? text : text.slice(0, mark)) : '';
  const query = text.startsWith('/') ? (mark < 0 ? '' : text.slice(mark + 1)) : text;
  const path = pathText.split('/').filter(Boolean).map(decoded);
  if (path.length === 0 && isSection(query))
    return { place: { ...topPlace, at: query }, view: {}, start: false, document: [] };
  const own: Record<string, string> = Object.create(null) as Record<string, string>;
  const view: Record<string, string> = Object.create(null) as Record<string, string>;
  const document: [string, string][] = [];
  let at = '';
  let start = false;
  for (const [key, value] of new URLSearchParams(query)) {
    if (key === 'at') at = value;
    else if (key === 'start') start ||= value !== '0';
    else if (key.startsWith('view.')) view[key.slice(5)] = value;
    else if (isPageField(path[0] ?? '', key)) own[key] = value;
    else document.push([key, value]);
  }
  return { place: { path, at, own }, view, start, document };
};

const encoded = (fields: Strings, prefix = ''): string[] =>
  Object.entries(fields)
    .filter(([, value]) => value !== '')
    .map(([key, value]) => `${prefix}${key}=${encodeURIComponent(value).replaceAll('%2C', ',')}`);

/**
 * The address of a place, from its `#`; empty for the top of the first page with nothing to say.
 * @param document the run document's fields as they stand in an address
 */
export const hashOfPlace = ({ path, at, own }: Place, view: Strings, document: string): string => {
  const fields = [
    ...(at ? [`at=${encodeURIComponent(at)}`] : []),
    ...encoded(own),
    ...encoded(view, 'view.'),
    ...(document ? [document] : []),
  ].join('&');
  if (path.length === 0) return fields && `#${fields}`;
  return `#/${path.map(encodeURIComponent).join('/')}${fields && `?${fields}`}`;
};
