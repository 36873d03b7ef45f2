import type { Lesson, LessonCard } from './lesson';

interface Listed extends LessonCard {
  load(): Promise<Lesson>;
}

/** The table of contents; a lesson's own file comes when it is opened. */
export const lessons: readonly Listed[] = [
  {
    id: 'why-chosen-fall',
    number: 3,
    title: 'Why do the chosen log-probs fall?',
    lede: 'The loss goes down, every pair is ranked right, and the model can no longer subtract. Three runs show how.',
    minutes: 6,
    runs: 'DPO at three rates; one remedy of five beside it',
    learns: 'The loss sees a difference. Weights are shared. Somebody gains what both lose.',
    load: async () => (await import('./why-chosen-fall')).whyChosenFall,
  },
];

export const lessonCard = (id: string): Listed | undefined => lessons.find((lesson) => lesson.id === id);
