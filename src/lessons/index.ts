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
  {
    id: 'blame-the-step',
    number: 5,
    title: 'Blame the step, not the answer',
    lede: 'One line of a solution is wrong. What becomes of the others when the whole answer is blamed?',
    minutes: 5,
    runs: 'DPO and Step-DPO side by side; TGDPO at two strengths',
    learns: 'Credit assignment: who is thanked and blamed for how an answer ended.',
    load: async () => (await import('./blame-the-step')).blameTheStep,
  },
];

export const lessonCard = (id: string): Listed | undefined => lessons.find((lesson) => lesson.id === id);
