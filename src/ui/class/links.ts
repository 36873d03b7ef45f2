import { nearest } from '../../util/nearest';
import { hashOfPlace, type Place, partHash, type Strings } from '../place';
import { routes } from '../routes';
import { hideable, wishedBrief, wishedSeed } from '../view-wishes';

/** What a link is to do beside leading to a page. */
export interface Wishes {
  /** The page below `#/`. */
  page: string;
  hide: readonly string[];
  lock: readonly string[];
  /** True: a name is asked for, and becomes the seed. A number: the seed of a lesson's runs. */
  seed: boolean | number;
}

/** A name that a link has and the page does not know. */
export interface Unknown {
  where:
    | 'page'
    | 'view.hide'
    | 'view.lock'
    | 'view.seed'
    | 'view.brief'
    | 'view.pair'
    | 'view.measure'
    | 'view.step'
    | 'view';
  name: string;
  near: string | undefined;
}

const listed = (text = '') => text.split(',').filter(Boolean);

const known = ['hide', 'lock', 'seed', 'brief', 'size', 'embed', 'pair', 'measure', 'step'];

/** Pages on which what is shown first means something; the run that is open decides whether there is such a one. */
const looksOn = { pair: ['', 'compare'], measure: [''], step: [''] } as const;

/**
 * Names that would do nothing.
 * @param fields paths of the run document that the form has
 */
export const unknownIn = (page: string, view: Strings, fields: readonly string[]): Unknown[] => {
  const check = (where: Unknown['where'], names: readonly string[], all: readonly string[]): Unknown[] =>
    names.filter((name) => !all.includes(name)).map((name) => ({ where, name, near: nearest(name, all) }));
  return [
    ...check(
      'page',
      [page.split('/')[0]!],
      routes.map(({ id }) => id),
    ),
    ...check('view', Object.keys(view), known),
    ...check('view.hide', listed(view['hide']), Object.keys(hideable)),
    ...check('view.lock', listed(view['lock']), fields),
    // Elsewhere the run document has a seed of its own.
    ...check(
      'view.seed',
      wishedSeed(view) === undefined ? [] : [view['seed']!],
      page.startsWith('lessons/') ? [view['seed']!] : [],
    ),
    ...check(
      'view.brief',
      view['brief'] ? [view['brief']] : [],
      page.startsWith('lessons/') && wishedBrief(view) !== undefined ? [view['brief']!] : [],
    ),
    ...(['pair', 'measure', 'step'] as const).flatMap((name) =>
      check(
        `view.${name}`,
        view[name] ? [view[name]] : [],
        view[name] && (looksOn[name] as readonly string[]).includes(page) ? [view[name]] : [],
      ),
    ),
  ];
};

export const viewOf = ({ hide, lock, seed }: Wishes): Strings => ({
  ...(hide.length > 0 && { hide: hide.join(',') }),
  ...(lock.length > 0 && { lock: lock.join(',') }),
  ...(seed !== false && { seed: seed === true ? 'name' : String(seed) }),
});

/**
 * The two links: what pupils get, and the same with everything in reach for colleagues.
 * @param base the page's address without a hash
 * @param document fields of the run document as they stand in an address
 */
export const linksOf = (
  base: string,
  wishes: Wishes,
  document: string,
): { pupils: string; colleagues: string } => {
  const place: Place = { path: wishes.page.split('/').filter(Boolean), at: '', own: {} };
  const link = (view: Strings) => base + hashOfPlace(place, view, document);
  const { seed } = wishes;
  const open = viewOf({ ...wishes, hide: [], lock: [], seed: seed === true ? false : seed });
  return { pupils: link(viewOf(wishes)), colleagues: link(open) };
};

/** A link taken apart again: where it leads, and what it asks of the page. */
export const partLink = (link: string): { page: string; view: Strings } => {
  const mark = link.indexOf('#');
  const { place, view } = partHash(mark < 0 ? '' : link.slice(mark));
  return { page: place.path.join('/'), view };
};
