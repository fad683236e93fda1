// Before the first paint: the theme and the language that were chosen. See
// src/theme.ts and src/words/language.ts. The build puts in where the words are.
try {
  var theme = localStorage.getItem("skein.theme");
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
} catch (e) {
  // storage is forbidden: the system's theme it is
}
try {
  var words = __WORDS__;
  var chosen = null;
  try {
    chosen = localStorage.getItem("skein.language");
  } catch (e) {
    // as above: the browser's language
  }
  var language = [chosen]
    .concat(navigator.languages)
    .map(function (tag) {
      return (tag || "").toLowerCase().split("-")[0];
    })
    .concat("en")
    .find(function (l) {
      return words[l];
    });
  document.documentElement.lang = language;
  var link = document.createElement("link");
  link.rel = "modulepreload";
  link.href = words[language];
  document.head.appendChild(link);
} catch (e) {
  // a page that isn't built finds its words by itself
}
