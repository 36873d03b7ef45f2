import { html, nothing } from 'lit';
import type { GivenFile } from '../../../workers/protocol';
import { AppElement, define } from '../element';
import { goTo, pageLink } from '../page-link';
import { isLive, isMoving } from '../state';
import { type Recipe, recipeMethod, recipes, withRecipe } from './recipes';

/** One file of a recipe, from beside the page. */
const fetched = async (name: string): Promise<GivenFile> => {
  const answer = await fetch(new URL(`data/${name}`, document.baseURI));
  if (!answer.ok) throw new Error(`${name} could not be loaded (${answer.status}); look at the connection.`);
  return { name, data: await answer.blob() };
};

/** Recipes for a chat model of one's own: a press sets data, method and settings, another trains. */
export class RecipesPanel extends AppElement {
  static override properties = {
    ...AppElement.properties,
    busy: { state: true },
    problem: { state: true },
    set: { state: true },
  };
  declare busy: string;
  declare problem: string;
  /** The recipe that stands in the form. */
  declare set: string;

  constructor() {
    super();
    this.busy = '';
    this.problem = '';
    this.set = '';
  }

  protected watched() {
    return ['connection', 'models', 'document', 'status', 'bringing', 'pending'] as const;
  }

  get #model() {
    return this.state.models.find(({ id }) => id === this.state.document?.model);
  }

  async #take(recipe: Recipe, train: boolean) {
    const { app } = this;
    if (this.busy || this.state.connection !== 'ready') return;
    if (isLive(this.state.status?.phase)) {
      this.problem = isMoving(this.state.status?.phase)
        ? 'A run is under way; wait for it, or stop it, first.'
        : 'A run is paused; go on with it, or stop it, first.';
      return;
    }
    this.busy = recipe.id;
    this.problem = '';
    try {
      const files = await Promise.all(recipe.files.map(fetched));
      const named = files.map((file) => ({ ...file, name: `pairs-${recipe.id}/${file.name}` }));
      if (!(await app.bring.addDataset(recipe.files.length > 1 ? named : files)))
        throw new Error(this.state.bringProblems.dataset || 'The pairs could not be kept.');
      app.editor.chooseMethod(recipeMethod);
      const chat = this.#model?.details?.chatTemplate ?? false;
      if (!app.editor.edit((document) => withRecipe(document, recipe, chat)))
        throw new Error(
          this.state.documentProblems.map(({ field, message }) => `${field}: ${message}`).join('; '),
        );
      this.set = recipe.id;
      // Their lengths are what the estimate goes by, before it says what fits.
      await app.check.check();
      if (train) void app.control.train();
      goTo(this, train ? {} : { at: 'teach' });
    } catch (error) {
      this.problem = error instanceof Error ? error.message : String(error);
    }
    this.busy = '';
  }

  #card(recipe: Recipe, off: boolean) {
    const { id, name, summary, pairs } = recipe;
    return html`<li class="recipe" data-testid="recipe-${id}">
      <h3>${name}</h3>
      <p>${summary} <span class="quiet">${pairs} pairs.</span></p>
      <p class="buttons">
        <button type="button" class="primary" data-testid="recipe-train-${id}" aria-disabled=${String(off)} @click=${() => !off && void this.#take(recipe, true)}>${this.busy === id ? 'Setting it up…' : 'Train it'}</button>
        <button type="button" data-testid="recipe-set-${id}" aria-disabled=${String(off)} @click=${() => !off && void this.#take(recipe, false)}>Set it up, and let me look</button>
        ${recipe.files.map((file) => html`<a class="button-link" href="data/${file}" download>${recipe.files.length > 1 ? file : 'the pairs'}</a>`)}
      </p>
    </li>`;
  }

  override render() {
    const model = this.#model;
    const { connection } = this.state;
    const own = model?.builtIn === false && !model.draws;
    const off = !own || connection !== 'ready' || this.busy !== '';
    return html`<div class="spread"><div class="text">
        ${
          model && !own
            ? html`<p data-testid="recipes-unfit">${model.name} ${model.draws ? 'draws images' : 'knows its sums and no sentences'}. ${pageLink(this.app, { at: 'bring' }, 'Bring a chat model')} first: a folder, a GGUF file, or a name on a hub.</p>`
            : nothing
        }
        ${own && !model.details?.chatTemplate ? html`<p class="hint">${model.name} has no chat template; the pairs go to it as plain texts.</p>` : nothing}
        ${this.problem ? html`<p class="field-problem" role="alert" data-testid="recipes-problem">${this.problem}</p>` : nothing}
        <ul class="recipes">${recipes.map((recipe) => this.#card(recipe, off))}</ul>
      </div>
      <div class="note">
        <h3>What to expect</h3>
        <p>The sentences are ours, not your model’s, and there are few of them: within minutes they set a tone, and that is all. An adapter learns, by ${pageLink(this.app, { path: ['methods', recipeMethod] }, 'RPO')}, which holds the chosen answers up while the others fall.</p>
        <p>Rate, passes, rank and the weights of RPO are our choice. For more, ${pageLink(this.app, { path: ['lab', 'click'] }, 'click on answers of its own')}, or bring a file.</p>
      </div></div>`;
  }
}

define('recipes-panel', RecipesPanel);
