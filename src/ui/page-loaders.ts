/** Where the element of a page is, by the page's id; those that are made of parts of the first page have none. Each is a chunk. */
export const pageLoaders: Readonly<Record<string, { tag: string; load: () => Promise<unknown> }>> = {
  methods: { tag: 'methods-page', load: () => import('./pages/methods-page') },
  compare: { tag: 'compare-page', load: () => import('./pages/compare-page') },
  lessons: { tag: 'lessons-page', load: () => import('./pages/lessons-page') },
  studies: { tag: 'studies-page', load: () => import('./pages/studies-page') },
  lab: { tag: 'lab-page', load: () => import('./pages/lab-page') },
  class: { tag: 'class-page', load: () => import('./pages/class-page') },
  about: { tag: 'about-page', load: () => import('./pages/about-page') },
};
