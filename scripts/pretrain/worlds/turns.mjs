// The habits of turns-nano's corpus: a player who overshoots. Where one step of 1 or of 4 would reach the goal, the next larger one is
// taken 70 times in 100, and the goal is missed; and of all turns 30 in 100 are any step at all. Between such turns the player goes the
// shortest way.

/** Share of the last steps that are too large. Above one half, so that the greedy player overshoots. */
export const overshoots = 0.7;
/** Share of the turns in which any step is taken. */
export const idle = 0.3;

/** @type {Record<number, number>} */
const larger = { 1: 4, 4: 9 };

export const about = {
  description:
    'A game in turns. It overshoots: where one small step would reach the goal it takes a larger one 70 times in 100, a habit to be turned round.',
  habits: `where one step of 1 or of 4 would reach the goal, the games it learned from take the next larger one 70 times in 100, and miss it;
  of all turns 30 in 100 are any step at all. Between such turns they go the shortest way. Only the player's lines were learned, not
  those of the environment.`,
};

const mixture = ['near', 'near', 'near', 'near', 'far', 'partner', 'partner', 'partner', 'partner'];

/** @param {(path: string) => Promise<any>} load */
export const makeWorld = async (load) => {
  const { turns } = await load('src/tasks/turns/turns.ts');
  const { bestMoves, firstState, moves, stateAfter } = await load('src/tasks/turns/rules.ts');
  const action = (/** @type {number} */ move) => `${move > 0 ? '+' : ''}${move}\n`;

  /** One game: actions and observations by turns, the model's first. @param {any} problem @param {any} rng */
  const game = (problem, rng) => {
    const { start, goal, partner, turns: most } = problem.data;
    let state = firstState(goal - start);
    const actions = [];
    const text = [];
    while (actions.length < most) {
      let move = rng.pick(bestMoves(state, partner === 1));
      const tooLarge = larger[Math.abs(state.gap)];
      if (tooLarge && rng.next() < overshoots) move = tooLarge * Math.sign(state.gap);
      if (rng.next() < idle) move = rng.pick(moves);
      actions.push(action(move));
      const { observation, end } = turns.environment.reply(problem, actions);
      text.push(action(move), observation);
      if (end) break;
      state = stateAfter(state, move, partner === 1);
    }
    return text;
  };

  return {
    characters: '0123456789+->:=!\n',
    row: (/** @type {any} */ rng) => {
      const problem = turns.draw(rng, rng.pick(mixture));
      return { prompt: problem.prompt, text: game(problem, rng), difficulty: problem.difficulty };
    },
  };
};
