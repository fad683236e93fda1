// Two rules of our own. `words`: what people read stands in a catalogue and not in
// the code. `logical`: no class says left or right, so that a language that is
// written from the right needs no other page.

const word = /\p{L}{2,}/u;
// Names that are the same in every language.
const names = new Set(["Skein"]);
const attributes = /^(?:title|alt|placeholder|label|words|kept|help|detail|lead|summary|description|aria-(?:label|description|roledescription|valuetext|placeholder))$/u;
const properties = /^(?:word|words|help|detail|label|title|lead|short|long|explain|kept|placeholder)$/u;
const sayers = new Set(["toast", "announce", "refuse", "setRefusal", "setSaid"]);

const says = (text) => word.test(text) && !names.has(text.trim());

/** Calls back for each literal that an expression may come to. */
function each(node, found) {
  switch (node?.type) {
    case "Literal":
      if (typeof node.value === "string" && says(node.value)) found(node);
      break;
    case "TemplateLiteral":
      if (node.quasis.some((q) => says(q.value.raw))) found(node);
      node.expressions.forEach((e) => each(e, found));
      break;
    case "ConditionalExpression":
      each(node.consequent, found);
      each(node.alternate, found);
      break;
    case "LogicalExpression":
      each(node.right, found);
      if (node.operator !== "&&") each(node.left, found);
      break;
    case "JSXExpressionContainer":
      each(node.expression, found);
      break;
  }
}

const words = {
  meta: { type: "problem", schema: [], messages: { literal: "These words belong in a catalogue: see inbox/src/words/language.ts." } },
  create(context) {
    const report = (node) => context.report({ node, messageId: "literal" });
    const inCatalogue = (node) =>
      context.sourceCode.getAncestors(node).some((a) => a.type === "CallExpression" && a.callee.name === "catalogue");
    return {
      JSXText: (node) => says(node.value) && report(node),
      JSXAttribute: (node) => attributes.test(node.name.name ?? "") && each(node.value, report),
      "JSXElement > JSXExpressionContainer": (node) => each(node, report),
      "JSXFragment > JSXExpressionContainer": (node) => each(node, report),
      Property: (node) => {
        if (!node.computed && properties.test(node.key.name ?? node.key.value ?? "") && !inCatalogue(node)) each(node.value, report);
      },
      CallExpression: (node) => {
        if (sayers.has(node.callee.name)) node.arguments.forEach((a) => each(a, report));
      },
    };
  },
};

const physical =
  /(?:^|[\s:])-?(?:(?:m|p|scroll-m|scroll-p)[lr]-|(?:left|right)-|border-[lr](?:-|$|\s)|rounded-(?:l|r|tl|tr|bl|br)(?:-|$|\s)|text-(?:left|right)(?:$|\s)|(?:float|clear)-(?:left|right)(?:$|\s))/u;

const logical = {
  meta: { type: "problem", schema: [], messages: { physical: "“{{name}}” says left or right: use the logical class (ms-, pe-, start-, border-s, text-start)." } },
  create(context) {
    const check = (node, text) => {
      const name = physical.exec(text)?.[0].trim();
      if (name !== undefined) context.report({ node, messageId: "physical", data: { name } });
    };
    return {
      Literal: (node) => typeof node.value === "string" && node.parent.type !== "ImportDeclaration" && check(node, node.value),
      TemplateElement: (node) => check(node, node.value.raw),
    };
  },
};

export default { rules: { words, logical } };
