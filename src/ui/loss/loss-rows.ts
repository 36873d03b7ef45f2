import { html, nothing } from 'lit';
import type { App } from '../app';
import { number } from '../format';
import {
  type ExtraField,
  gained,
  type LabAnswers,
  mostAt,
  numberAt,
  removeAnswer,
  type Spot,
  set,
  setScore,
} from './answers';
import { type Arm, derivativesOf, readsLists, readsScores, readsSteps } from './arm';
import './token-bars';
import type { Setting } from './token-bars';

interface Shown {
  answers: LabAnswers;
  arms: readonly Arm[];
  /** The arm whose arrows stand on the bars. */
  drawn: number;
  field: 'policy' | ExtraField;
  picked: Spot;
}

interface Acts {
  edit(next: LabAnswers): void;
  look(spot: Spot): void;
}

const roleOf = (answer: number, labelled: boolean) => {
  if (answer > 1) return `Answer ${answer + 1}, worse than the first`;
  if (labelled) return answer === 0 ? 'Answer 1, thumb up' : 'Answer 2, thumb down';
  return answer === 0 ? 'Answer 1, chosen' : 'Answer 2, rejected';
};

/** The largest number that the bars reach to: round, and the same for all rows. */
const reachOf = ({ answers }: LabAnswers, field: Shown['field']): number => {
  const numbers = answers.flatMap(({ tokens }) =>
    tokens.map((token) => Math.abs(numberAt(token, field) ?? 0)),
  );
  const most = Math.max(...numbers, 0);
  const least = field === 'policy' ? 2 : 0.5;
  return [0.5, 1, 2, 3, 5, 10, 20, 50].find((reach) => reach >= Math.max(least, most * 1.05)) ?? most;
};

/** The answers, a row of bars each. */
export const lossRows = (app: App, { answers, arms, drawn, field, picked }: Shown, { edit, look }: Acts) => {
  const arm = arms[drawn]!;
  const info = app.method(arm.method);
  const by = derivativesOf(arm, answers, field);
  const scale = Math.max(...by.flat().map(Math.abs), 0);
  const reach = reachOf(answers, field);
  return answers.answers.map((answer, index) => {
    const name = roleOf(index, info?.eats === 'answers');
    return html`<div class="loss-bar-row" data-testid="loss-row-${index}" data-gained=${gained(answer)}>
      <p class="loss-bar-head"><strong>${name}</strong> <span class="quiet">gained ${number(gained(answer))} nats over ${answer.tokens.length} tokens</span>
        ${
          arms.some(readsScores)
            ? html`<label>score <input type="number" step="0.1" data-testid="loss-score-${index}" .value=${String(answer.score)} @change=${(
                event: Event,
              ) => {
                const value = Number((event.target as HTMLInputElement).value);
                if (Number.isFinite(value)) edit(setScore(answers, index, value));
              }} /></label>`
            : nothing
        }
        ${index > 1 ? html`<button type="button" class="quiet-button" @click=${() => edit(removeAnswer(answers, index))}>Remove this answer</button>` : nothing}
        ${index > 1 && !readsLists(arm) ? html`<span class="hint">not read by ${info?.name ?? arm.method}</span>` : nothing}
      </p>
      <token-bars .answer=${answer} .name=${name} .field=${field} .by=${by[index] ?? []} .scale=${scale} .reach=${reach}
        .shared=${index < 2 ? answers.shared : 0} .most=${answer.tokens.map((token) => mostAt(token, field))}
        .picked=${picked.answer === index ? picked.token : -1} .steps=${arms.some(readsSteps)}
        @set=${({ detail: { token, value } }: CustomEvent<Setting>) => edit(set(answers, { answer: index, token }, field, value))}
        @look=${({ detail }: CustomEvent<number>) => look({ answer: index, token: detail })}></token-bars>
    </div>`;
  });
};
