import type { Strings } from '../place';
import { type QuestionId, questions } from './shape-case';

interface Asked {
  question: QuestionId | undefined;
  /** Methods to lay side by side, where the address names any. */
  methods: string[];
  /** What the address asks for and does not get, in sentences. */
  notices: string[];
}

/**
 * What an address asks of the loss lab: `ask=stuck&methods=dpo,ipo`, or `loss.method=simpo`.
 * @param compares whether a method sets two answers of text apart
 * @param most methods side by side
 */
export const readAsked = (own: Strings, compares: (id: string) => boolean, most: number): Asked => {
  const notices: string[] = [];
  const ask = own['ask'] ?? '';
  const isQuestion = Object.hasOwn(questions, ask);
  if (ask && !isQuestion)
    notices.push(`There is no question “${ask}”; there are ${Object.keys(questions).join(', ')}.`);
  const named = (own['methods'] ?? '').split(',').filter(Boolean);
  const others = [...named, own['loss.method'] ?? ''].filter((id) => id !== '' && !compares(id));
  if (others.length > 0)
    notices.push(
      `The address names ${others.join(', ')}, which ${others.length > 1 ? 'set' : 'sets'} no two answers of text apart; a case of a method’s own kind may be computed as text, below.`,
    );
  const methods = named.filter(compares);
  if (methods.length > most)
    notices.push(`Side by side are ${most} at most; the others of the address are left out.`);
  return { question: isQuestion ? (ask as QuestionId) : undefined, methods: methods.slice(0, most), notices };
};
