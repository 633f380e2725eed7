package rushes;

import java.util.Map;
import java.util.Set;
import java.util.function.DoubleSupplier;
import org.elasticsearch.script.DocReader;
import org.elasticsearch.script.ScoreScript;
import org.elasticsearch.script.ScriptContext;
import org.elasticsearch.script.ScriptEngine;

/**
 * Scripts of {@code script_score}. Painless, which runs them in a whole Elasticsearch, is not published as a jar. This
 * answers to its name and takes a part of it, {@link Formula}: whatever is accepted here is valid there.
 */
final class Scores implements ScriptEngine {

    @Override
    public String getType() {
        return "painless";
    }

    @Override
    public Set<ScriptContext<?>> getSupportedContexts() {
        return Set.of(ScoreScript.CONTEXT);
    }

    @Override
    public <F> F compile(String name, String source, ScriptContext<F> context, Map<String, String> options) {
        Formula formula = Formula.of(source);
        ScoreScript.Factory factory = (params, lookup) -> new ScoreScript.LeafFactory() {
            @Override
            public boolean needs_score() {
                return source.contains("_score");
            }

            @Override
            public boolean needs_termStats() {
                return false;
            }

            @Override
            public ScoreScript newInstance(DocReader reader) {
                return new ScoreScript(params, lookup, reader) {
                    private final DoubleSupplier score = formula.of(this);

                    @Override
                    public double execute(ExplanationHolder explanation) {
                        return score.getAsDouble();
                    }
                };
            }
        };
        return context.factoryClazz.cast(factory);
    }
}
