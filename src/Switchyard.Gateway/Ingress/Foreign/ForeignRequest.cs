using Microsoft.AspNetCore.Http;
using Switchyard.Caching;
using Switchyard.Calls;
using Switchyard.Identity;

namespace Switchyard.Gateway.Ingress.Foreign;

/// <summary>
/// What a request says in the headers of another gateway, if <c>server.headers_of</c> names it. Our own headers, and the end user of the
/// body, win over it.
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

    /// <summary>An id that all calls of a run share.</summary>
    public string? Run { private get; set; }

    public string? Provider { private get; set; }

    public string? VirtualKey { private get; set; }

    public string? Alias { private get; set; }

    public bool IsRefreshed { private get; set; }

    /// <summary>Reads the headers; null if the configuration honours none.</summary>
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

    /// <summary>The facts of the request, with those that the headers add.</summary>
    public CallEnvelope Complete(CallEnvelope envelope)
    {
        var model = ModelOf(envelope.Model);
        var endUser = envelope.EndUser ?? EndUser ?? (_honoured.Portkey ? Entry("_user") : null);
        return model == envelope.Model && endUser == envelope.EndUser ? envelope : envelope with { Model = model, EndUser = endUser };
    }

    /// <summary>The tag of the call; null if there is none, or tags are not counted.</summary>
    public string? TagOf(CallSnapshot snapshot)
    {
        if (!snapshot.CountsMoney)
            return null;
        var entries = Metadata.Where(entry => entry.Key != "_user").Select(entry => $"{entry.Key}:{entry.Value}");
        return Tags ?? (string.Join('/', entries) is { Length: > 0 } tag ? tag : null);
    }

    /// <summary>The conversation or the run of the call; null if there is none, or they are not counted.</summary>
    public string? SessionOf(CallSnapshot snapshot) => snapshot.CountsMoney ? Session ?? Run : null;

    /// <summary>The cache control that the request asks for; null if it asks for none, or there is no cache.</summary>
    public CacheControl? CacheControlOf(CallSnapshot snapshot) =>
        IsRefreshed && CacheControls.AreRead(snapshot) ? new CacheControl { Mode = CacheMode.Refresh } : null;

    /// <summary>The timeouts and retries that the request asks for; null if it asks for none.</summary>
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
        // Portkey writes a model with its provider as @provider/model.
        var model = _honoured.Portkey ? asked.TrimStart('@') : asked;
        return (Provider ?? VirtualKey) is { } provider && !model.StartsWith($"{provider}/", StringComparison.OrdinalIgnoreCase)
            ? $"{provider}/{model}"
            : model;
    }

    private string? Entry(string name) => Metadata.FirstOrDefault(entry => entry.Key == name).Value;
}
