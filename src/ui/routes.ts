/** The pages. `#/ID/...` is a page's address; '' is the one that a visit opens. Its element is in page-loaders.ts. */
export interface Route {
  id: string;
  /** In the row of names; `aside` stands in the margin, `foot` at the end of the page. */
  where: 'row' | 'aside' | 'foot';
  name: string;
  /** Whether the controls of training belong to it, to the pages below it alone, or are only there while a run is open. */
  dock: 'always' | 'below' | 'with a run';
  /** Fields of the address that are this page's and not the run document's; lower pages of it have the same. */
  fields: readonly (string | RegExp)[];
}

/** Further pages stand here, in the order of the row. */
export const routes: readonly Route[] = [
  { id: '', where: 'row', name: 'Train', dock: 'always', fields: [] },
  {
    id: 'methods',
    where: 'row',
    name: 'Methods',
    dock: 'below',
    fields: ['have', 'want', 'order', 'q', 'pair', 'step'],
  },
  { id: 'compare', where: 'row', name: 'Compare', dock: 'always', fields: [/^[a-d]\./] },
  { id: 'lessons', where: 'row', name: 'Lessons', dock: 'with a run', fields: ['lesson-seed'] },
  { id: 'studies', where: 'row', name: 'Studies', dock: 'with a run', fields: ['verdict', 'base'] },
  { id: 'lab', where: 'row', name: 'Lab', dock: 'with a run', fields: ['loss.method', 'ask', 'methods'] },
  { id: 'kept', where: 'aside', name: 'Kept', dock: 'with a run', fields: [] },
  { id: 'class', where: 'foot', name: 'For teachers', dock: 'with a run', fields: [] },
  {
    id: 'about',
    where: 'foot',
    name: 'About',
    dock: 'with a run',
    fields: [],
  },
];

export const routeOf = (id: string): Route | undefined => routes.find((route) => route.id === id);

export const isPageField = (page: string, key: string): boolean =>
  routeOf(page)?.fields.some((field) => (typeof field === 'string' ? field === key : field.test(key))) ??
  false;
