using System.Security.Cryptography;
using System.Text;
using Switchyard.Calls;
using Switchyard.Dialects;

namespace Switchyard.Providers;

/// <summary>How an HTTP provider is reached: address, format, credential, clocks. Immutable and thread-safe.</summary>
public sealed class HttpEndpoint
{
    private readonly Remembered<Uri> _urls = new();
    private readonly Remembered<EgressTarget> _targets = new();
    private string? _account;

    /// <summary>Sends requests. Cookies, redirects, proxies and automatic decompression are off; nothing is buffered.</summary>
    public required HttpMessageInvoker Invoker { get; init; }

    /// <summary>The base URL with its version segment and without a trailing slash: <c>https://api.openai.com/v1</c>.</summary>
    public required Uri BaseUrl { get; init; }

    /// <summary>The wire formats it speaks, the usual one first; at least one.</summary>
    public required IReadOnlyList<DialectId> Dialects { get; init; }

    /// <summary>What it does differently from the dialect's norm.</summary>
    public required ProviderQuirks Quirks { get; init; }

    /// <summary>Headers sent with every request, credential included (<c>Authorization</c>, <c>api-key</c>, vendor headers). Secret: never logged.</summary>
    public required IReadOnlyList<KeyValuePair<string, string>> Headers { get; init; }

    /// <summary>The operations it serves.</summary>
    public required IReadOnlySet<CallOperation> Operations { get; init; }

    /// <summary>How long it may take to its first token; null takes the configured clock.</summary>
    public TimeSpan? FirstTokenTimeout { get; init; }

    /// <summary>What is known of a model; null knows nothing.</summary>
    public Func<string, ModelFacts>? FactsOf { get; init; }

    /// <summary>
    /// A name for the account behind address and credential, made so that neither can be read from it: what one account issued must not
    /// be sent to another.
    /// </summary>
    public string Account => _account ??= Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(
        string.Join('\n', Headers.Select(header => $"{header.Key}:{header.Value}").Prepend(BaseUrl.AbsoluteUri)))));

    /// <summary>The format to speak with it: the client's own where it speaks that, so that nothing need be translated; else its usual one.</summary>
    public DialectId DialectFor(DialectId client)
    {
        for (var i = 0; i < Dialects.Count; i++)
        {
            if (Dialects[i] == client)
                return client;
        }

        return Dialects[0];
    }

    /// <summary>The address of an operation, parsed once a path.</summary>
    public Uri UrlFor(string path)
    {
        if (_urls.Find(path) is { } known)
            return known;
        var url = new Uri(BaseUrl.AbsoluteUri.TrimEnd('/') + path);
        _urls.Add(path, url);
        return url;
    }

    /// <summary>A model of this provider as an egress dialect sees it.</summary>
    /// <param name="provider">The provider's name.</param>
    /// <param name="model">The provider's own model id.</param>
    public EgressTarget TargetFor(string provider, string model)
    {
        if (_targets.Find(model) is { } known)
            return known;
        var target = new EgressTarget(provider, model, Quirks) { Facts = FactsOf?.Invoke(model) ?? ModelFacts.Unknown };
        _targets.Add(model, target);
        return target;
    }
}
