import type { Tokenizer } from '../../tokenizer/tokenizer';
import { DataError } from '../data-error';
import type { DatasetSettings } from '../settings';
import type { ChatTemplate, RenderMessages } from '../text/chat-template';
import { compileTemplate, plainTemplate } from '../text/chat-template';
import type { TextTokenizer } from '../text/tokenize';
import { endText } from '../text/tokenize';

interface Given {
  file: string;
  settings: Pick<DatasetSettings, 'template' | 'bos'>;
  tokenizer: Tokenizer;
  template: ChatTemplate | undefined;
}

/** A model may have a template of its own for conversations with tools. */
const compileBoth = async (template: ChatTemplate): Promise<RenderMessages> => {
  const usual = await compileTemplate(template);
  if (template.toolSource === undefined) return usual;
  const withTools = await compileTemplate({ ...template, source: template.toolSource });
  return (messages, ask, tools) => (tools ? withTools : usual)(messages, ask, tools);
};

const rendererOf = async ({
  file,
  settings,
  template,
  tokenizer,
}: Given): Promise<RenderMessages | undefined> => {
  if (settings.template === 'none') return undefined;
  if (settings.template === 'plain') return plainTemplate(endText(tokenizer));
  if (template) return compileBoth(template);
  return () => {
    throw new DataError(
      file,
      'template',
      'has conversations, and the model has no chat template. Set template to "plain" to write them with a plain one',
    );
  };
};

/** How texts and conversations become tokens under the settings. @throws DataError when the template is none */
export const textOf = async (given: Given): Promise<TextTokenizer> => {
  const { tokenizer, settings } = given;
  const around = tokenizer.around ?? { before: [], after: [] };
  const bos = tokenizer.bos === undefined ? [] : [tokenizer.bos];
  const before = { auto: around.before, add: bos, none: [] }[settings.bos];
  return {
    tokenizer,
    render: await rendererOf(given),
    before,
    after: settings.bos === 'none' ? [] : around.after,
  };
};
