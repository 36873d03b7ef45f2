// The habits of turns-nano's corpus: a player who is timid. Where a large step would be best, a step of 1 is taken 60 times in 100, and
// the turns run out; and of all turns 15 in 100 are any step at all, 40 with a partner. Between such turns the player goes the shortest way.

/** Share of the large steps that are too small. Above one half, so that the greedy player is timid. */
export const timid = 0.6;
/** Share of the turns in which any step is taken: alone, and with a partner. */
export const idle = [0.15, 0.4];

export const about = {
  description:
    'A game in turns. It is timid: where a large step would be best it takes the smallest 60 times in 100, a habit to be turned round before the turns run out.',
  habits: `where a step of 9 would be best, the games it learned from take one of 1 in 60 cases of 100, and of all turns 15 in 100 are any step
  at all, 40 where there is a partner. Between such turns they go the shortest way. Only the player's lines were learned, not those of the environment.`,
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
      if (Math.abs(move) === 9 && rng.next() < timid) move = Math.sign(move);
      if (rng.next() < Number(idle[partner])) move = rng.pick(moves);
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
