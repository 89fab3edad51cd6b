/**
 * Writes as JSON what declarations export, with what their comments say: `node js_api.mjs FOLDER NAME…`, for each NAME.d.ts
 * of the folder, which has a tsconfig.json, into its `exports.json`. Not printed: the compiler may say things at its end.
 *
 * The compiler's interface is called unstable; package.json names its version exactly.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { SyntaxKind } from "typescript/unstable/ast";
import { API, SymbolFlags } from "typescript/unstable/sync";

const [folder, ...names] = process.argv.slice(2);
const api = new API({ cwd: folder });
const [project] = api.updateSnapshot({ openProjects: [join(folder, "tsconfig.json")] }).getProjects();
const { checker, program } = project;

/** @param {string} text of one declaration, without comments and in one line */
const inOneLine = (text) =>
  text
    .replace(/\/\*[\s\S]*?\*\//g, " ")
    .replace(/\s+/g, " ")
    .trim();

/** What is said of a thing: its comment, and its tags, such as `@param`. */
function said(symbol) {
  const tags = checker.getJsDocTagsOfSymbol(symbol).map(({ name, text }) => {
    const words = typeof text === "string" ? text : (text ?? []).map((part) => part.text).join("");
    return { name, text: words };
  });
  return { doc: checker.getDocumentationCommentOfSymbol(symbol), tags };
}

/** The object type in a type, through lists and what is optional; undefined where it has none. */
function literalIn(type) {
  if (type?.kind === SyntaxKind.TypeLiteral) return { literal: type, mark: "" };
  if (type?.kind === SyntaxKind.ArrayType) {
    const inner = literalIn(type.elementType);
    return inner && { ...inner, mark: `[]${inner.mark}` };
  }
  if (type?.kind === SyntaxKind.ParenthesizedType) return literalIn(type.type);
  if (type?.kind === SyntaxKind.UnionType) return type.types.map(literalIn).find(Boolean);
  return undefined;
}

const HIDDEN = new Set([SyntaxKind.PrivateKeyword, SyntaxKind.ProtectedKeyword]);
const isHidden = (member) =>
  member.modifiers?.some(({ kind }) => HIDDEN.has(kind)) || member.name?.kind === SyntaxKind.PrivateIdentifier;

const isFunctionLike = (member) => member.parameters !== undefined;

/** The members of a class or an object type; those of object types within it follow with their path. */
function members(list, before = "") {
  return list
    .filter((member) => !isHidden(member))
    .flatMap((member) => {
      const name = member.name?.getText() ?? (member.kind === SyntaxKind.Constructor ? "constructor" : "");
      const symbol = member.name && checker.getSymbolAtLocation(member.name);
      const within = isFunctionLike(member) ? undefined : literalIn(member.type);
      const told = {
        name: before + name,
        isFunction: isFunctionLike(member),
        isOptional: Boolean(member.questionToken) || member.postfixToken?.kind === SyntaxKind.QuestionToken,
        signature: inOneLine(member.getText()),
        type: member.type && !within ? inOneLine(member.type.getText()) : `object${within?.mark ?? ""}`,
        ...(symbol ? said(symbol) : { doc: "", tags: [] }),
      };
      return [told, ...(within ? members(within.literal.members, `${before}${name}${within.mark}.`) : [])];
    });
}

function told(exported) {
  const symbol = exported.flags & SymbolFlags.Alias ? checker.getAliasedSymbol(exported) : exported;
  const node = (symbol.valueDeclaration ?? symbol.declarations[0]).resolve(project);
  const literal = literalIn(node.type)?.literal ?? node;
  return {
    name: exported.name,
    kind: SyntaxKind[node.kind],
    signature: inOneLine(node.getText()),
    members: members(literal.members ?? []),
    ...said(symbol),
  };
}

const modules = names.map((name) => {
  const source = program.getSourceFile(join(folder, `${name}.d.ts`));
  return { name, exports: checker.getExportsOfModule(checker.getSymbolAtLocation(source)).map(told) };
});
api.close();
writeFileSync(join(folder, "exports.json"), JSON.stringify(modules));
