import ts from 'typescript';

export interface Import {
  /** As written. */
  target: string;
  typeOnly: boolean;
}

const named = (list: ts.NodeArray<ts.ImportSpecifier | ts.ExportSpecifier>) =>
  list.length > 0 && list.every((element) => element.isTypeOnly);

/** Every import, re-export and dynamic import of a file. */
export const importsOf = (text: string): Import[] => {
  const found: Import[] = [];
  const add = (target: ts.Node | undefined, typeOnly: boolean) => {
    if (target && ts.isStringLiteralLike(target)) found.push({ target: target.text, typeOnly });
  };
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node)) {
      const clause = node.importClause;
      const bindings = clause?.namedBindings;
      const onlyTypes =
        clause !== undefined &&
        (clause.phaseModifier === ts.SyntaxKind.TypeKeyword ||
          (!clause.name &&
            bindings !== undefined &&
            ts.isNamedImports(bindings) &&
            named(bindings.elements)));
      add(node.moduleSpecifier, onlyTypes);
    } else if (ts.isExportDeclaration(node)) {
      const clause = node.exportClause;
      add(
        node.moduleSpecifier,
        node.isTypeOnly || (clause !== undefined && ts.isNamedExports(clause) && named(clause.elements)),
      );
    } else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
      add(node.arguments[0], false);
    }
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile('file.ts', text, ts.ScriptTarget.Latest, true));
  return found;
};
