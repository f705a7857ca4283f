using Switchyard.Canonical;
using Switchyard.Common;
using Switchyard.Network;
using Switchyard.Targets;

namespace Switchyard.Providers.Http;

/// <summary>How an HTTP provider is reached: address, formats, credential, timeout. Immutable and thread-safe.</summary>
public sealed class HttpEndpoint
{
    private const string ModelPlaceholder = "{model}";

    private readonly BoundedCache<EgressTarget> _targets = new();
    private readonly EndpointUrls _urls;
    private readonly Dictionary<string, EndpointUrls> _urlsByDialect;

    /// <summary>Creates an endpoint. Values derived from these are computed here, once, so that every thread sees the same.</summary>
    /// <param name="baseUrl">The base URL with its version segment.</param>
    /// <param name="query">The query of every address below the base URL, without its question mark; null for none.</param>
    /// <param name="baseUrls">The base URLs of dialects served elsewhere; null for none.</param>
    public HttpEndpoint(Uri baseUrl, string? query = null, IReadOnlyDictionary<string, Uri>? baseUrls = null)
    {
        ArgumentNullException.ThrowIfNull(baseUrl);
        BaseUrl = baseUrl;
        Query = query;
        BaseUrls = baseUrls ?? new Dictionary<string, Uri>(StringComparer.Ordinal);
        _urls = new EndpointUrls(baseUrl, query);
        _urlsByDialect = BaseUrls.ToDictionary(pair => pair.Key, pair => new EndpointUrls(pair.Value, query: null), StringComparer.Ordinal);
    }

    /// <summary>Sends requests. Cookies, redirects, proxies and automatic decompression are off; nothing is buffered.</summary>
    public required HttpMessageInvoker Invoker { get; init; }

    /// <summary>
    /// Sends requests as <see cref="Invoker"/> does, each on a new connection: for a request sent while the server closed a reused
    /// connection. Null uses <see cref="Invoker"/>.
    /// </summary>
    internal HttpMessageInvoker? FreshInvoker { get; init; }

    /// <summary>Checks requests about the provider itself before they are sent; null if everything may be reached.</summary>
    internal EgressGuard? Egress { get; init; }

    /// <summary>The base URL with its version segment and without a trailing slash: <c>https://api.openai.com/v1</c>.</summary>
    public Uri BaseUrl { get; }

    /// <summary>The dialects it speaks, the default first; at least one.</summary>
    public required IReadOnlyList<DialectId> Dialects { get; init; }

    /// <summary>Its deviations from the dialect.</summary>
    public required ProviderQuirks Quirks { get; init; }

    /// <summary>Its credentials; at least one. Requests about the provider itself, such as its list of models, use the first.</summary>
    public required IReadOnlyList<EndpointCredential> Credentials { get; init; }

    /// <summary>The base URLs of dialects that are not served below <see cref="BaseUrl"/>.</summary>
    public IReadOnlyDictionary<string, Uri> BaseUrls { get; }

    /// <summary>
    /// The paths of its default dialect where they differ from the dialect's own, by operation (<c>chat</c>, <c>chat_stream</c>);
    /// <c>{model}</c> is the model, percent-encoded.
    /// </summary>
    public IReadOnlyDictionary<string, string> Paths { get; init; } = new Dictionary<string, string>();

    /// <summary>The query of every address below <see cref="BaseUrl"/>, without its question mark; null for none.</summary>
    public string? Query { get; }

    /// <summary>The operations it serves.</summary>
    public required IReadOnlyList<CallOperation> Operations { get; init; }

    /// <summary>
    /// The timeout of the first token; null uses <c>timeouts.first_token</c>, or the longer one of the provider's descriptor.
    /// </summary>
    public TimeSpan? FirstTokenTimeout { get; init; }

    /// <summary>Looks up the catalogue's facts of a model id; null if there are none for any model.</summary>
    public Func<string, ModelFacts>? FactsOf { get; init; }

    /// <summary>Whether it serves the operation.</summary>
    public bool Serves(CallOperation operation)
    {
        for (var i = 0; i < Operations.Count; i++)
        {
            if (Operations[i] == operation)
                return true;
        }

        return false;
    }

    /// <summary>The dialect to use: the client's own if supported, so that nothing is translated; else the default.</summary>
    internal DialectId DialectFor(DialectId client)
    {
        for (var i = 0; i < Dialects.Count; i++)
        {
            if (Dialects[i] == client)
                return client;
        }

        return Dialects[0];
    }

    /// <summary>The address of a path below <see cref="BaseUrl"/>.</summary>
    public Uri UrlFor(string path) => _urls.For(path);

    /// <summary>The address of a path in the provider's own data, which may lead out of <see cref="BaseUrl"/>.</summary>
    internal Uri OwnUrlFor(string path) => _urls.ForOwn(path);

    /// <summary>The address of a dialect's path.</summary>
    internal Uri UrlFor(DialectId dialect, string path) =>
        _urlsByDialect.TryGetValue(dialect.Value, out var urls) ? urls.For(path) : UrlFor(path);

    /// <summary>The address of an operation on a model.</summary>
    /// <param name="dialect">The dialect of the request.</param>
    /// <param name="operation">The operation.</param>
    /// <param name="stream">Whether the answer is streamed.</param>
    /// <param name="model">The provider's own model id.</param>
    /// <param name="path">The dialect's own path, which <see cref="Paths"/> may replace.</param>
    internal Uri UrlFor(DialectId dialect, CallOperation operation, bool stream, string model, string path)
    {
        if (Paths.Count > 0 && dialect == Dialects[0] && TemplateOf(operation, stream) is { } template)
            path = template.Replace(ModelPlaceholder, Uri.EscapeDataString(model), StringComparison.Ordinal);
        return UrlFor(dialect, path);
    }

    /// <summary>A model of this provider as an egress dialect sees it.</summary>
    /// <param name="provider">The provider's name.</param>
    /// <param name="model">The provider's own model id.</param>
    internal EgressTarget TargetFor(string provider, string model)
    {
        if (_targets.Find(model) is { } known)
            return known;
        var target = new EgressTarget(provider, model, Quirks) { Facts = FactsOf?.Invoke(model) ?? ModelFacts.Unknown };
        _targets.Add(model, target);
        return target;
    }

    private string? TemplateOf(CallOperation operation, bool stream) =>
        stream && Paths.TryGetValue(OperationKeys.Of(operation, stream: true), out var streamed) ? streamed
        : Paths.GetValueOrDefault(OperationKeys.Of(operation, stream: false));
}
