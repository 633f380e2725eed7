package rushes;

import java.util.ArrayList;
import java.util.List;
import java.util.function.DoubleSupplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.elasticsearch.script.ScoreScript;
import org.elasticsearch.script.VectorScoreScriptUtils;

/**
 * A formula for a score, once read and then bound to each segment of an index:
 *
 * <pre>
 *   choice  = compare [ "?" choice ":" choice ]
 *   compare = sum [ ( "==" | "!=" | "<=" | ">=" | "<" | ">" ) sum ]
 *   sum     = product { ( "+" | "-" ) product }
 *   product = atom { ( "*" | "/" ) atom }
 *   atom    = number | "-" atom | "(" choice ")" | "_score" | "params." name
 *           | "doc['" field "']" ( ".value" | ".size()" )
 *           | ( "cosineSimilarity" | "dotProduct" | "l2norm" ) "(params." name ", '" field "')"
 *           | "Math." ( "abs" | "sqrt" | "exp" | "log" | "max" | "min" | "pow" ) "(" choice { "," choice } ")"
 * </pre>
 *
 * What is true counts as 1. The vector functions are the server's own.
 */
interface Formula {

    /** What gives the score of the document that the script stands at. */
    DoubleSupplier of(ScoreScript script);

    static Formula of(String source) {
        return new Reader(source).all();
    }

    /** Reads a formula by recursive descent. */
    final class Reader {
        private static final Pattern TOKEN = Pattern.compile(
            "\\s*(\\d+(?:\\.\\d+)?(?:[eE][-+]?\\d+)?|params\\.\\w+|Math\\.\\w+|[A-Za-z_]\\w*|'[^']*'|\"[^\"]*\"|[=!<>]=|[-+*/()?:<>,.\\[\\]])\\s*");
        /** Nothing that is written by hand nests deeper; more would only fill the stack. */
        private static final int DEPTH_MAX = 100;

        private final String source;
        private final List<String> tokens = new ArrayList<>();
        private int at;
        private int depth;

        Reader(String source) {
            this.source = source;
            String body = source.strip().replaceFirst("^return\\s", "").replaceFirst(";\\s*$", "");
            Matcher matcher = TOKEN.matcher(body);
            int end = 0;
            while (end < body.length()) {
                if (matcher.region(end, body.length()).lookingAt() == false) {
                    throw refused("what begins at [" + body.substring(end) + "]");
                }
                tokens.add(matcher.group(1));
                end = matcher.end();
            }
        }

        Formula all() {
            Formula all = choice();
            if (at < tokens.size()) {
                throw refused("[" + tokens.get(at) + "]");
            }
            return all;
        }

        private Formula choice() {
            if (++depth > DEPTH_MAX) {
                throw refused("more than " + DEPTH_MAX + " levels of brackets");
            }
            Formula when = compare();
            if (skip("?")) {
                Formula yes = choice();
                need(":");
                Formula no = choice();
                Formula test = when;
                when = script -> {
                    DoubleSupplier a = test.of(script), b = yes.of(script), c = no.of(script);
                    return () -> a.getAsDouble() != 0 ? b.getAsDouble() : c.getAsDouble();
                };
            }
            depth--;
            return when;
        }

        private Formula compare() {
            Formula left = sum();
            for (String sign : List.of("==", "!=", "<=", ">=", "<", ">")) {
                if (skip(sign)) {
                    return both(left, sign, sum());
                }
            }
            return left;
        }

        private Formula sum() {
            Formula left = product();
            while (true) {
                if (skip("+")) {
                    left = both(left, "+", product());
                } else if (skip("-")) {
                    left = both(left, "-", product());
                } else {
                    return left;
                }
            }
        }

        private Formula product() {
            Formula left = atom();
            while (true) {
                if (skip("*")) {
                    left = both(left, "*", atom());
                } else if (skip("/")) {
                    left = both(left, "/", atom());
                } else {
                    return left;
                }
            }
        }

        private Formula atom() {
            String token = next();
            if (token.equals("-")) {
                return both(script -> () -> 0, "-", atom());
            }
            if (token.equals("(")) {
                Formula inner = choice();
                need(")");
                return inner;
            }
            if (Character.isDigit(token.charAt(0))) {
                double number = Double.parseDouble(token);
                return script -> () -> number;
            }
            if (token.startsWith("params.")) {
                return parameter(token.substring("params.".length()));
            }
            if (token.startsWith("Math.")) {
                return function(token.substring("Math.".length()));
            }
            return switch (token) {
                case "_score" -> script -> script::get_score;
                case "doc" -> field();
                case "cosineSimilarity", "dotProduct", "l2norm" -> vector(token);
                default -> throw refused("[" + token + "]");
            };
        }

        private Formula parameter(String name) {
            return script -> {
                if (script.getParams().get(name) instanceof Number number) {
                    double value = number.doubleValue();
                    return () -> value;
                }
                throw new IllegalArgumentException("params." + name + " is missing or no number");
            };
        }

        private Formula field() {
            need("[");
            String name = quoted();
            need("]");
            need(".");
            if (skip("size")) {
                need("(");
                need(")");
                return script -> () -> script.getDoc().get(name).size();
            }
            need("value");
            return script -> () -> ((Number) script.getDoc().get(name).get(0)).doubleValue();
        }

        private Formula vector(String function) {
            need("(");
            String parameter = next();
            if (parameter.startsWith("params.") == false) {
                throw refused("[" + parameter + "]");
            }
            String name = parameter.substring("params.".length());
            need(",");
            String field = quoted();
            need(")");
            return script -> {
                Object query = script.getParams().get(name);
                return switch (function) {
                    case "cosineSimilarity" -> new VectorScoreScriptUtils.CosineSimilarity(script, query, field)::cosineSimilarity;
                    case "dotProduct" -> new VectorScoreScriptUtils.DotProduct(script, query, field)::dotProduct;
                    default -> new VectorScoreScriptUtils.L2Norm(script, query, field)::l2norm;
                };
            };
        }

        private Formula function(String name) {
            need("(");
            Formula first = choice();
            if (List.of("abs", "sqrt", "exp", "log").contains(name)) {
                need(")");
                return script -> {
                    DoubleSupplier a = first.of(script);
                    return switch (name) {
                        case "abs" -> () -> Math.abs(a.getAsDouble());
                        case "sqrt" -> () -> Math.sqrt(a.getAsDouble());
                        case "exp" -> () -> Math.exp(a.getAsDouble());
                        default -> () -> Math.log(a.getAsDouble());
                    };
                };
            }
            need(",");
            Formula second = choice();
            need(")");
            return both(first, name, second);
        }

        private Formula both(Formula left, String sign, Formula right) {
            Two two = switch (sign) {
                case "+" -> (a, b) -> a + b;
                case "-" -> (a, b) -> a - b;
                case "*" -> (a, b) -> a * b;
                case "/" -> (a, b) -> a / b;
                case "==" -> (a, b) -> a == b ? 1 : 0;
                case "!=" -> (a, b) -> a != b ? 1 : 0;
                case "<=" -> (a, b) -> a <= b ? 1 : 0;
                case ">=" -> (a, b) -> a >= b ? 1 : 0;
                case "<" -> (a, b) -> a < b ? 1 : 0;
                case ">" -> (a, b) -> a > b ? 1 : 0;
                case "max" -> Math::max;
                case "min" -> Math::min;
                case "pow" -> Math::pow;
                default -> throw refused("[" + sign + "]");
            };
            return script -> {
                DoubleSupplier a = left.of(script), b = right.of(script);
                return () -> two.of(a.getAsDouble(), b.getAsDouble());
            };
        }

        private String quoted() {
            String token = next();
            if (token.charAt(0) != '\'' && token.charAt(0) != '"') {
                throw refused("[" + token + "] where a field stands in quotes");
            }
            return token.substring(1, token.length() - 1);
        }

        private String next() {
            if (at == tokens.size()) {
                throw refused("its end");
            }
            return tokens.get(at++);
        }

        private boolean skip(String token) {
            boolean is = at < tokens.size() && tokens.get(at).equals(token);
            at += is ? 1 : 0;
            return is;
        }

        private void need(String token) {
            if (skip(token) == false) {
                throw refused((at < tokens.size() ? "[" + tokens.get(at) + "]" : "its end") + " where [" + token + "] must stand");
            }
        }

        private IllegalArgumentException refused(String what) {
            return new IllegalArgumentException("this node for tests runs only formulas, and does not know " + what + " in: " + source);
        }
    }

    /** Two numbers to one. */
    interface Two {
        double of(double a, double b);
    }
}
