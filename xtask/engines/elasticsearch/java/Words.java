package rushes;

import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import org.apache.lucene.analysis.Analyzer;
import org.apache.lucene.analysis.LowerCaseFilter;
import org.apache.lucene.analysis.TokenStream;
import org.apache.lucene.analysis.Tokenizer;
import org.apache.lucene.analysis.core.KeywordTokenizer;
import org.apache.lucene.analysis.core.LetterTokenizer;
import org.apache.lucene.analysis.core.WhitespaceTokenizer;
import org.apache.lucene.analysis.en.EnglishAnalyzer;
import org.apache.lucene.analysis.en.EnglishMinimalStemFilter;
import org.apache.lucene.analysis.en.EnglishPossessiveFilter;
import org.apache.lucene.analysis.en.KStemFilter;
import org.apache.lucene.analysis.en.PorterStemFilter;
import org.apache.lucene.analysis.miscellaneous.ASCIIFoldingFilter;
import org.apache.lucene.analysis.miscellaneous.LengthFilter;
import org.apache.lucene.analysis.miscellaneous.RemoveDuplicatesTokenFilter;
import org.apache.lucene.analysis.miscellaneous.TrimFilter;
import org.apache.lucene.analysis.miscellaneous.TruncateTokenFilter;
import org.apache.lucene.analysis.ngram.EdgeNGramTokenFilter;
import org.apache.lucene.analysis.ngram.EdgeNGramTokenizer;
import org.apache.lucene.analysis.ngram.NGramTokenFilter;
import org.apache.lucene.analysis.ngram.NGramTokenizer;
import org.apache.lucene.analysis.snowball.SnowballFilter;
import org.elasticsearch.common.settings.Settings;
import org.elasticsearch.index.analysis.AbstractTokenFilterFactory;
import org.elasticsearch.index.analysis.AnalyzerProvider;
import org.elasticsearch.index.analysis.AnalyzerScope;
import org.elasticsearch.index.analysis.NormalizingTokenFilterFactory;
import org.elasticsearch.index.analysis.TokenFilterFactory;
import org.elasticsearch.index.analysis.TokenizerFactory;
import org.elasticsearch.indices.analysis.AnalysisModule.AnalysisProvider;

/** How text becomes words: Elasticsearch's names and settings for classes that Lucene publishes. */
final class Words {
    private Words() {}

    /** What a filter of some name and settings does to a stream of words. */
    private interface Step {
        TokenStream after(TokenStream words, Settings settings);
    }

    private interface Cut {
        Tokenizer by(Settings settings);
    }

    static Map<String, AnalysisProvider<TokenFilterFactory>> filters() {
        Map<String, AnalysisProvider<TokenFilterFactory>> filters = new HashMap<>();
        // These three work a character at a time, so that a keyword's normaliser may use them too.
        letters(filters, "lowercase", (words, s) -> new LowerCaseFilter(words));
        letters(filters, "asciifolding", (words, s) -> new ASCIIFoldingFilter(words, s.getAsBoolean("preserve_original", false)));
        letters(filters, "trim", (words, s) -> new TrimFilter(words));
        words(filters, "length", (words, s) -> new LengthFilter(words, s.getAsInt("min", 0), s.getAsInt("max", Integer.MAX_VALUE)));
        words(filters, "truncate", (words, s) -> new TruncateTokenFilter(words, s.getAsInt("length", 10)));
        words(filters, "remove_duplicates", (words, s) -> new RemoveDuplicatesTokenFilter(words));
        words(filters, "porter_stem", (words, s) -> new PorterStemFilter(words));
        words(filters, "kstem", (words, s) -> new KStemFilter(words));
        words(filters, "snowball", (words, s) -> new SnowballFilter(words, s.get("language", "English")));
        words(filters, "stemmer", (words, s) -> stemmer(words, s.get("language", s.get("name", "english"))));
        words(filters, "ngram", (words, s) -> new NGramTokenFilter(words, shortest(s), longest(s), whole(s)));
        words(filters, "edge_ngram", (words, s) -> new EdgeNGramTokenFilter(words, shortest(s), longest(s), whole(s)));
        return filters;
    }

    static Map<String, AnalysisProvider<TokenizerFactory>> tokenizers() {
        Map<String, AnalysisProvider<TokenizerFactory>> tokenizers = new HashMap<>();
        cut(tokenizers, "keyword", s -> new KeywordTokenizer());
        cut(tokenizers, "whitespace", s -> new WhitespaceTokenizer());
        cut(tokenizers, "letter", s -> new LetterTokenizer());
        cut(tokenizers, "ngram", s -> new NGramTokenizer(shortest(s), longest(s)) {
            @Override
            protected boolean isTokenChar(int c) {
                return isWanted(c, s);
            }
        });
        cut(tokenizers, "edge_ngram", s -> new EdgeNGramTokenizer(shortest(s), longest(s)) {
            @Override
            protected boolean isTokenChar(int c) {
                return isWanted(c, s);
            }
        });
        return tokenizers;
    }

    static Map<String, AnalysisProvider<AnalyzerProvider<? extends Analyzer>>> analyzers() {
        return Map.of("english", (index, environment, name, settings) -> new Named(name, new EnglishAnalyzer()));
    }

    private static int shortest(Settings settings) {
        return settings.getAsInt("min_gram", 1);
    }

    private static int longest(Settings settings) {
        return settings.getAsInt("max_gram", 2);
    }

    private static boolean whole(Settings settings) {
        return settings.getAsBoolean("preserve_original", false);
    }

    /** {@code token_chars}: letters and digits are told apart, other classes are refused rather than ignored. */
    private static boolean isWanted(int c, Settings settings) {
        var classes = settings.getAsList("token_chars");
        boolean wanted = classes.isEmpty();
        for (String of : classes) {
            wanted |= switch (of) {
                case "letter" -> Character.isLetter(c);
                case "digit" -> Character.isDigit(c);
                case "whitespace" -> Character.isWhitespace(c);
                default -> throw new IllegalArgumentException("token_chars [" + of + "] is not known to this node for tests");
            };
        }
        return wanted;
    }

    private static TokenStream stemmer(TokenStream words, String language) {
        return switch (language.toLowerCase(Locale.ROOT)) {
            case "english", "porter" -> new PorterStemFilter(words);
            case "porter2" -> new SnowballFilter(words, "English");
            case "light_english", "lightenglish", "kstem" -> new KStemFilter(words);
            case "minimal_english" -> new EnglishMinimalStemFilter(words);
            case "possessive_english" -> new EnglishPossessiveFilter(words);
            default -> new SnowballFilter(words, language.substring(0, 1).toUpperCase(Locale.ROOT) + language.substring(1));
        };
    }

    private static void words(Map<String, AnalysisProvider<TokenFilterFactory>> filters, String name, Step step) {
        filters.put(name, (index, environment, as, settings) -> new OfWords(as, settings, step));
    }

    private static void letters(Map<String, AnalysisProvider<TokenFilterFactory>> filters, String name, Step step) {
        filters.put(name, (index, environment, as, settings) -> new OfLetters(as, settings, step));
    }

    private static void cut(Map<String, AnalysisProvider<TokenizerFactory>> tokenizers, String name, Cut cut) {
        tokenizers.put(name, (index, environment, as, settings) -> TokenizerFactory.newFactory(as, () -> cut.by(settings)));
    }

    private static class OfWords extends AbstractTokenFilterFactory {
        private final Settings settings;
        private final Step step;

        OfWords(String name, Settings settings, Step step) {
            super(name, settings);
            this.settings = settings;
            this.step = step;
        }

        @Override
        public TokenStream create(TokenStream words) {
            return step.after(words, settings);
        }
    }

    private static final class OfLetters extends OfWords implements NormalizingTokenFilterFactory {
        OfLetters(String name, Settings settings, Step step) {
            super(name, settings, step);
        }
    }

    private record Named(String name, Analyzer get) implements AnalyzerProvider<Analyzer> {
        @Override
        public AnalyzerScope scope() {
            return AnalyzerScope.INDEX;
        }
    }
}
