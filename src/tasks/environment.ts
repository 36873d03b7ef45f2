import type { Rng } from '../util/rng';
import type { Problem } from './task';

/** What an environment says to an action. */
export interface Reply {
  /** Given to the model and never scored; empty where the conversation ends without a word. */
  observation: string;
  /** Why the conversation ends here; undefined while it goes on. */
  end?: 'reached' | 'unreadable' | 'out of turns';
}

/** The other side of a world with turns: the model acts, it answers. */
export interface Environment {
  /**
   * What it says to the last of these actions: lines with their newlines, or what the model wrote before it ended. It remembers nothing: the same actions get the same replies, so that a
   * conversation can be taken up again from any turn, and many can be held at once.
   */
  reply(problem: Problem, actions: readonly string[]): Reply;
  /** The same problem with room for so many more turns. */
  extended(problem: Problem, turns: number): Problem;
  /** Actions, one after another, that can be read and lead nowhere: those of a model that has lost its way. */
  junk(problem: Problem, actions: readonly string[], count: number, rng: Rng): string[];
}

/** A piece of a conversation: an action of the model, or what the environment said. */
export interface Line {
  text: string;
  given: boolean;
}

/** Cuts the text of a conversation into its lines: the model has the first word, then they take turns. */
export const linesOf = (text: string): Line[] =>
  (text.match(/[^\n]*\n|[^\n]+$/g) ?? []).map((line, i) => ({ text: line, given: i % 2 === 1 }));

/** The actions of a conversation, with an empty one where the model has the word and says nothing. */
export const actionsOf = (text: string): string[] => {
  const lines = linesOf(text);
  const said = lines.filter(({ given }) => !given).map((line) => line.text);
  return lines.length % 2 === 0 ? [...said, ''] : said;
};
