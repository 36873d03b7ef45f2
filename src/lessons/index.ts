import type { Lesson, LessonCard } from './lesson';

interface Listed extends LessonCard {
  load(): Promise<Lesson>;
}

/** The table of contents; a lesson's own file comes when it is opened. */
export const lessons: readonly Listed[] = [
  {
    id: 'a-pair-is-a-question',
    number: 1,
    title: 'A pair is a question',
    lede: 'Two answers, one better. What a model makes of 64 such questions within ten seconds.',
    minutes: 4,
    runs: 'DPO, 30 steps',
    learns: 'What a pair is, what the margin is, and what held-out accuracy hides.',
    load: async () => (await import('./a-pair-is-a-question')).aPairIsAQuestion,
  },
  {
    id: 'no-opinion',
    number: 2,
    title: '0.693, and when it stays there',
    lede: 'Every run of DPO begins at the same number. When it does not leave it, five things may be the matter.',
    minutes: 4,
    runs: 'DPO as usual, at a tiny rate, and with a reference that follows',
    learns: 'ln 2 is “no opinion”; its causes, told apart by the gradient.',
    load: async () => (await import('./no-opinion')).noOpinion,
  },
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
    id: 'which-beta',
    number: 4,
    title: 'Which beta?',
    lede: 'Four betas, the same pairs. One ends with the smallest loss, another with the better model.',
    minutes: 5,
    runs: 'DPO with beta 0.02, 0.1, 0.5 and 2',
    learns: 'Beta is a leash and not a rate; losses of two betas do not compare.',
    load: async () => (await import('./which-beta')).whichBeta,
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
  {
    id: 'when-to-stop',
    number: 7,
    title: 'When to stop pushing',
    lede: 'Where one answer always wins, one loss pushes for ever and one comes to rest.',
    minutes: 5,
    runs: 'A policy over three actions; then DPO and IPO side by side',
    learns: 'Certain preferences, targets, and early stopping.',
    load: async () => (await import('./when-to-stop')).whenToStop,
  },
  {
    id: 'one-thumb',
    number: 8,
    title: 'One thumb is not half a pair',
    lede: 'Single answers with a label are easier to get than pairs. What is lost, and when does it matter?',
    minutes: 5,
    runs: 'Small networks that compare or judge alone; DPO beside KTO',
    learns: 'Pointwise and pairwise: what cancels in a comparison.',
    load: async () => (await import('./one-thumb')).oneThumb,
  },
];

export const lessonCard = (id: string): Listed | undefined => lessons.find((lesson) => lesson.id === id);
