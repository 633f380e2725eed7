package rushes;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import org.opensearch.Version;
import org.opensearch.analysis.common.CommonAnalysisModulePlugin;
import org.opensearch.common.logging.LogConfigurator;
import org.opensearch.common.settings.Settings;
import org.opensearch.env.Environment;
import org.opensearch.index.mapper.MapperExtrasModulePlugin;
import org.opensearch.index.reindex.ReindexModulePlugin;
import org.opensearch.knn.plugin.KNNPlugin;
import org.opensearch.node.InternalSettingsPreparer;
import org.opensearch.node.Node;
import org.opensearch.painless.PainlessModulePlugin;
import org.opensearch.plugins.PluginInfo;
import org.opensearch.transport.Netty4ModulePlugin;

/**
 * Starts one OpenSearch node in this process, its modules and the vector plugin taken from the class path. Its one
 * argument is the folder that holds config/ and data/.
 */
public final class Launch extends Node {

    private Launch(Environment environment) {
        super(environment, MODULES, true);
    }

    private static final List<PluginInfo> MODULES = List.of(
        module(Netty4ModulePlugin.class),
        module(CommonAnalysisModulePlugin.class),
        module(PainlessModulePlugin.class),
        module(MapperExtrasModulePlugin.class),
        module(ReindexModulePlugin.class),
        // It adds functions to Painless.
        module(KNNPlugin.class, PainlessModulePlugin.class));

    private static PluginInfo module(Class<?> of, Class<?>... extended) {
        String name = of.getName();
        List<String> extendedNames = Arrays.stream(extended).map(Class::getName).toList();
        return new PluginInfo(name, "of the class path", "1", Version.CURRENT, "21", name, null, extendedNames, false);
    }

    public static void main(String[] args) throws Exception {
        Path home = Path.of(args[0]).toAbsolutePath().normalize();
        Environment environment = InternalSettingsPreparer.prepareEnvironment(
            Settings.builder().put("path.home", home).build(), Map.of(), home.resolve("config"), () -> "rushes");
        LogConfigurator.configure(environment);
        Node node = new Launch(environment);
        CountDownLatch closed = new CountDownLatch(1);
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            try {
                node.close();
            } catch (Exception e) {
                e.printStackTrace();
            } finally {
                closed.countDown();
            }
        }, "close"));
        node.start();
        closed.await();
    }
}
