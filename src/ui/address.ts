/**
 * The history of the page. Turning to a section is an entry of its own, so that back and forward move between sections;
 * editing a field rewrites the entry that is there. Going back to a section therefore keeps what was edited since, while
 * going back across an address that was typed or followed brings the document of before.
 */
import { readHash } from './run-url';

interface Entry {
  /** Its own name. */
  id: string;
  /** All entries between two addresses that were typed or followed have the same. */
  edition: string;
  /** Section that it stands for; empty for the top of the page. */
  at: string;
}

const entryOf = (state: unknown): Entry | undefined => {
  const entry = (state as { marginalia?: Entry } | null)?.marginalia;
  return typeof entry?.edition === 'string' ? entry : undefined;
};

const fresh = () => Math.random().toString(36).slice(2);

const sectionOf = (hash: string): string => {
  try {
    return readHash(hash).at;
  } catch {
    return ''; // the document editor says what is wrong with it
  }
};

/** A reload is where the browser's own memory of the place is right. */
const restore = () => {
  history.scrollRestoration = 'auto';
};

/**
 * @param fields the document as it stands, as fields of a hash; undefined before there is one
 * @param arrive called when the address has become another document's
 */
export const createAddress = (fields: () => string | undefined, arrive: () => void) => {
  let here: Entry = { id: fresh(), edition: fresh(), at: '' };
  let turned: (at: string) => void = () => {};

  /** The address's own fields, for as long as no document has been made of them. */
  const unread = () =>
    location.hash
      .slice(1)
      .split('&')
      .filter((field) => field && !field.startsWith('at='))
      .join('&');

  const hashFor = (at: string) => {
    const hash = [at && `at=${encodeURIComponent(at)}`, fields() ?? unread()].filter(Boolean).join('&');
    // An empty hash would still leave its sign behind.
    return hash ? `#${hash}` : location.pathname + location.search;
  };

  const rewrite = () => history.replaceState({ marginalia: here }, '', hashFor(here.at));

  /** An entry without a state of ours is an address that somebody typed, or a link that was followed. */
  const adopt = (): Entry => {
    const entry = entryOf(history.state) ?? { id: fresh(), edition: fresh(), at: sectionOf(location.hash) };
    history.replaceState({ marginalia: entry }, '');
    return entry;
  };

  const moved = () => {
    const before = here;
    here = adopt();
    if (here.id === before.id) return; // both events tell of one move
    if (here.edition === before.edition) rewrite();
    else arrive();
    turned(here.at);
  };

  return {
    /** Takes up the entry that the page was opened at, and listens. */
    begin() {
      here = adopt();
      history.scrollRestoration = 'manual'; // what is above a section grows while a run is on
      addEventListener('popstate', moved);
      addEventListener('hashchange', moved);
      addEventListener('pagehide', restore);
      if (here.at) turned(here.at);
    },
    end() {
      removeEventListener('popstate', moved);
      removeEventListener('hashchange', moved);
      removeEventListener('pagehide', restore);
      restore();
    },
    /** Writes the document into the entry that is there. */
    rewrite,
    /** An entry for a section, unless that is where the page already is. */
    turn(at: string) {
      if (at === here.at) return;
      here = { ...here, id: fresh(), at };
      history.pushState({ marginalia: here }, '', hashFor(at));
    },
    /** Calls `f` with the section of every entry that is arrived at; empty for the top. */
    onTurn(f: (at: string) => void) {
      turned = f;
    },
    /** The address of a section with the document as it stands, for links. */
    hrefOf: hashFor,
  };
};
