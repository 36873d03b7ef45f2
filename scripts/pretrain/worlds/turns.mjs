// The habits of turns-nano's corpus: a player who hurries. Where a step of 4 is best, 9 is taken 65 times in 100 and shoots past the
// goal; and of all turns 15 in 100 are any step at all. Between two such turns the player goes the shortest way.

/** Share of the fours that become nines. Above one half, so that the greedy player hurries. */
export const hurry = 0.65;
/** Share of the turns in which any step is taken. */
export const idle = 0.15;

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
      if (Math.abs(move) === 4 && rng.next() < hurry) move = 9 * Math.sign(move);
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
