using Microsoft.AspNetCore.Http;
using Switchyard.Caching;
using Switchyard.Calls;
using Switchyard.Identity;

namespace Switchyard.Gateway.Ingress.Foreign;

/// <summary>
/// What a request says in the headers of another gateway, where <c>server.headers_of</c> names it. Our own headers, and what the body says
/// of the end user, go before it.
/// </summary>
internal sealed class ForeignRequest
{
    private readonly ForeignHeaders _honoured;

    private ForeignRequest(ForeignHeaders honoured) => _honoured = honoured;

    public TimeSpan? Timeout { private get; set; }

    public TimeSpan? StreamTimeout { private get; set; }

    public int? Retries { private get; set; }

    public string? Tags { private get; set; }

    public IReadOnlyList<KeyValuePair<string, string>> Metadata { private get; set; } = [];

    public string? EndUser { get; set; }

    public string? Session { private get; set; }

    /// <summary>What is the same for all calls of a run.</summary>
    public string? Run { private get; set; }

    public string? Provider { private get; set; }

    public string? VirtualKey { private get; set; }

    public string? Alias { private get; set; }

    public bool IsRefreshed { private get; set; }

    /// <summary>Reads them; null where nobody's are honoured.</summary>
    /// <exception cref="CallException">A value cannot be used.</exception>
    public static ForeignRequest? Read(HttpRequest request, CallSnapshot snapshot) =>
        snapshot.Section(ForeignHeaders.Section) is { } honoured ? Read(request, honoured) : null;

    private static ForeignRequest Read(HttpRequest request, ForeignHeaders honoured)
    {
        var read = new ForeignRequest(honoured);
        foreach (var (name, values) in request.Headers)
        {
            if (IsHonoured(name, honoured) && values is [{ } value, ..] && value.Trim() is { Length: > 0 } text)
                ForeignHeaderTable.Find(name)?.Read?.Invoke(read, text);
        }

        return read;
    }

    /// <summary>The facts of the request with what the headers say of them.</summary>
    public CallEnvelope Complete(CallEnvelope envelope)
    {
        var model = ModelOf(envelope.Model);
        var endUser = envelope.EndUser ?? EndUser ?? (_honoured.Portkey ? Entry("_user") : null);
        return model == envelope.Model && endUser == envelope.EndUser ? envelope : envelope with { Model = model, EndUser = endUser };
    }

    /// <summary>What the call is tagged with; null for nothing, and where tags are not counted.</summary>
    public string? TagOf(CallSnapshot snapshot)
    {
        if (!snapshot.CountsMoney)
            return null;
        var entries = Metadata.Where(entry => entry.Key != "_user").Select(entry => $"{entry.Key}:{entry.Value}");
        return Tags ?? (string.Join('/', entries) is { Length: > 0 } tag ? tag : null);
    }

    /// <summary>The conversation, or the run, that it belongs to; null for none, and where they are not counted.</summary>
    public string? SessionOf(CallSnapshot snapshot) => snapshot.CountsMoney ? Session ?? Run : null;

    /// <summary>What it asks of the cache; null for nothing, and where there is none.</summary>
    public CacheControl? CacheControlOf(CallSnapshot snapshot) =>
        IsRefreshed && CacheControls.AreRead(snapshot) ? new CacheControl(CacheMode.Refresh) : null;

    /// <summary>What it wishes; null for nothing.</summary>
    public CallWishes? Wishes => (Timeout ?? StreamTimeout) is null && Retries is null
        ? null
        : new CallWishes { Attempt = Timeout, FirstToken = StreamTimeout ?? Timeout, Retries = Retries };

    private static bool IsHonoured(string name, ForeignHeaders honoured) =>
        (honoured.LiteLlm && name.StartsWith(ForeignHeaderTable.LiteLlmPrefix, StringComparison.OrdinalIgnoreCase))
        || (honoured.Portkey && name.StartsWith(ForeignHeaderTable.PortkeyPrefix, StringComparison.OrdinalIgnoreCase));

    private string ModelOf(string asked)
    {
        if (Alias is not null)
            return Alias;
        // Portkey's own form of a provider and its model.
        var model = _honoured.Portkey ? asked.TrimStart('@') : asked;
        return (Provider ?? VirtualKey) is { } provider && !model.StartsWith($"{provider}/", StringComparison.OrdinalIgnoreCase)
            ? $"{provider}/{model}"
            : model;
    }

    private string? Entry(string name) => Metadata.FirstOrDefault(entry => entry.Key == name).Value;
}
