/** The parts of the page, in their order. */
export const sections = [
  { id: 'watch', short: 'Watch', title: 'The model at work' },
  { id: 'bring', short: 'Model and data', title: 'Which model, and what it learns from' },
  { id: 'teach', short: 'Teach', title: 'How to teach it' },
  { id: 'learning', short: 'Curves', title: 'How it learns' },
  { id: 'credit', short: 'Credit', title: 'Where the credit goes' },
  { id: 'problems', short: 'Problems', title: 'Held-out problems, before and now' },
  { id: 'loss', short: 'Loss', title: 'A loss on given numbers' },
  { id: 'keep', short: 'Keep', title: 'What is kept' },
] as const;

export type SectionId = (typeof sections)[number]['id'];

export const isSection = (at: string): at is SectionId => sections.some(({ id }) => id === at);
