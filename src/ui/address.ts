/**
 * The history of the page. Turning to a page or a section is an entry of its own, so that back and forward move between
 * them; editing a field rewrites the entry that is there. Going back therefore keeps what was edited since, while going
 * back across an address that was typed or followed brings the document of before.
 */
import { hashOfPlace, type Place, partHash, type Strings, topPlace } from './place';

interface Entry {
  /** Its own name. */
  id: string;
  /** All entries between two addresses that were typed or followed have the same. */
  edition: string;
  place: Place;
}

const entryOf = (state: unknown): Entry | undefined => {
  const entry = (state as { marginalia?: Entry } | null)?.marginalia;
  return typeof entry?.edition === 'string' && Array.isArray(entry.place?.path) ? entry : undefined;
};

const fresh = () => Math.random().toString(36).slice(2);

/** A reload is where the browser's own memory of the place is right. */
const restore = () => {
  history.scrollRestoration = 'auto';
};

/** How a place was come to: how far down the page was when it was left, or that it is new. */
export interface Arrival {
  scrolled: number | undefined;
}

/**
 * @param fields the document as it stands, as fields of a hash; undefined before there is one
 * @param arrive called when the address has become another document's
 * @param show told of every place and of what the reader asks for, before anything else is
 */
export const createAddress = (
  fields: () => string | undefined,
  arrive: () => void,
  show: (place: Place, view: Strings) => void,
) => {
  const asOpened = partHash(location.hash);
  let here: Entry = { id: fresh(), edition: fresh(), place: asOpened.place };
  let view = asOpened.view;
  let turned: (place: Place, arrival: Arrival) => void = () => {};
  const scrolled = new Map<string, number>();
  show(here.place, view);

  /** The address's own fields, for as long as no document has been made of them. */
  const unread = () => new URLSearchParams(partHash(location.hash).document).toString();

  const hashFor = (place: Place) =>
    // An empty hash would still leave its sign behind.
    hashOfPlace(place, view, fields() ?? unread()) || location.pathname + location.search;

  const rewrite = () => history.replaceState({ marginalia: here }, '', hashFor(here.place));

  /** An entry without a state of ours is an address that somebody typed, or a link that was followed. */
  const adopt = (): Entry => {
    const known = entryOf(history.state);
    if (!known) view = { ...view, ...partHash(location.hash).view };
    const entry = known ?? { id: fresh(), edition: fresh(), place: partHash(location.hash).place };
    history.replaceState({ marginalia: entry }, '');
    return entry;
  };

  const moved = () => {
    const before = here;
    scrolled.set(before.id, scrollY);
    here = adopt();
    if (here.id === before.id) return; // both events tell of one move
    show(here.place, view);
    if (here.edition === before.edition) rewrite();
    else arrive();
    turned(here.place, { scrolled: scrolled.get(here.id) });
  };

  return {
    /** Takes up the entry that the page was opened at, and listens. */
    begin() {
      here = adopt();
      history.scrollRestoration = 'manual'; // what is above a section grows while a run is on
      addEventListener('popstate', moved);
      addEventListener('hashchange', moved);
      addEventListener('pagehide', restore);
      if (here.place.at) turned(here.place, { scrolled: undefined });
    },
    end() {
      removeEventListener('popstate', moved);
      removeEventListener('hashchange', moved);
      removeEventListener('pagehide', restore);
      restore();
    },
    /** Writes the document into the entry that is there. */
    rewrite,
    /** An entry for a place, unless that is where the page already is. What is left out is as at the top of the first page. */
    turn(to: Partial<Place>) {
      const place = { ...topPlace, ...to };
      if (hashFor(place) === hashFor(here.place)) return;
      scrolled.set(here.id, scrollY);
      here = { ...here, id: fresh(), place };
      show(place, view);
      history.pushState({ marginalia: here }, '', hashFor(place));
    },
    /** Changes fields of the page's own in the entry that is there; an empty value takes one off. */
    setOwn(own: Strings) {
      here = { ...here, place: { ...here.place, own: { ...here.place.own, ...own } } };
      show(here.place, view);
      rewrite();
    },
    /** Changes what the reader asks for. */
    setView(next: Strings) {
      view = { ...view, ...next };
      show(here.place, view);
      rewrite();
    },
    /** Calls `f` with every place that is arrived at by moving in the history or through a followed link. */
    onTurn(f: (place: Place, arrival: Arrival) => void) {
      turned = f;
    },
    /** The address of a place with the document as it stands, for links. */
    hrefOf: (to: Partial<Place>) => hashFor({ ...topPlace, ...to }),
  };
};
