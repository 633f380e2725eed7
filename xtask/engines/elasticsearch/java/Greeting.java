package rushes;

import java.util.List;
import org.apache.lucene.util.Version;
import org.elasticsearch.client.internal.node.NodeClient;
import org.elasticsearch.rest.BaseRestHandler;
import org.elasticsearch.rest.RestRequest;
import org.elasticsearch.rest.RestResponse;
import org.elasticsearch.rest.RestStatus;

/** {@code GET /}: a client asks here which version answers. */
final class Greeting extends BaseRestHandler {

    @Override
    public String getName() {
        return "rushes_greeting";
    }

    @Override
    public List<Route> routes() {
        return List.of(new Route(RestRequest.Method.GET, "/"), new Route(RestRequest.Method.HEAD, "/"));
    }

    @Override
    protected RestChannelConsumer prepareRequest(RestRequest request, NodeClient client) {
        return channel -> {
            var body = channel.newBuilder();
            body.startObject();
            body.field("name", "rushes").field("cluster_name", "rushes");
            body.startObject("version");
            body.field("number", org.elasticsearch.Version.CURRENT.toString());
            body.field("build_flavor", "default");
            body.field("lucene_version", Version.LATEST.toString());
            body.endObject();
            body.field("tagline", "You Know, for Search");
            body.endObject();
            channel.sendResponse(new RestResponse(RestStatus.OK, body));
        };
    }
}
