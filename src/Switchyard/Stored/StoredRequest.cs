using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Dialects.AnthropicMessages;
using Switchyard.Dialects.OpenAIResponses;

namespace Switchyard.Stored;

/// <summary>An action on an object stored at a provider.</summary>
public enum StoredAction
{
    /// <summary>Reads one: a stored answer, a file's description, a batch's state.</summary>
    Get,

    /// <summary>Lists the caller's objects.</summary>
    List,

    /// <summary>Uploads a file, or begins a batch.</summary>
    Create,

    /// <summary>Deletes one.</summary>
    Delete,

    /// <summary>Cancels a background answer, or a batch.</summary>
    Cancel,

    /// <summary>Reads the bytes of a file, or the results of a batch of messages.</summary>
    Content,

    /// <summary>Lists the input items of an answer.</summary>
    Inputs,
}

/// <summary>A request about an object stored at a provider: the argument of <c>SwitchyardEngine.RunStoredAsync</c>.</summary>
/// <param name="Kind">
/// <see cref="CallOperation.StoredResponse"/>, <see cref="CallOperation.File"/> or <see cref="CallOperation.Batch"/>.
/// </param>
/// <param name="Action">The action.</param>
public sealed record StoredRequest(CallOperation Kind, StoredAction Action)
{
    /// <summary>Its id; null for a list or a creation.</summary>
    public string? Id { get; init; }

    /// <summary>The provider, if no id determines it: for an upload or a list. Null uses the only one that serves it.</summary>
    public string? Provider { get; init; }

    /// <summary>
    /// The client's format: <see cref="DialectId.OpenAIChat"/>, or <see cref="DialectId.AnthropicMessages"/> for batches of messages.
    /// </summary>
    /// <value>The default is <see cref="DialectId.OpenAIChat"/>.</value>
    public DialectId Dialect { get; init; } = DialectId.OpenAIChat;

    /// <summary>The request headers that belong to the client's format, by lower-case name. They are forwarded.</summary>
    public IReadOnlyDictionary<string, string> Headers { get; init; } = CallEnvelope.NoHeaders;

    /// <summary>The request's parameters, which are forwarded: <c>limit</c>, <c>after</c>, <c>purpose</c>.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Query { get; init; } = [];

    /// <summary>Whether only the headers of the answer are wanted: the body of one that is forwarded is not read.</summary>
    /// <value>The default is false.</value>
    public bool HeadersOnly { get; init; }

    /// <summary>The JSON body of a batch that is created; empty elsewhere.</summary>
    public ReadOnlyMemory<byte> Json { get; init; }

    /// <summary>A file's upload, a form with its content type; null elsewhere. Its creator disposes it.</summary>
    public HttpContent? Upload { get; init; }

    /// <summary>The caller, who owns it; null for an in-process caller.</summary>
    public Caller? Caller { get; init; }

    /// <summary>The tenant the request is made for; null if it names none.</summary>
    public string? Tenant { get; init; }

    /// <summary>The client's own id of the request; null generates one.</summary>
    public string? RequestId { get; init; }

    /// <summary>The client's place in a trace; null without one.</summary>
    public TraceContext? Trace { get; init; }

    /// <summary>The ids of the gateways it has passed; null for none.</summary>
    public string? Hops { get; init; }

    /// <summary>A configuration that the caller holds; null uses the current one.</summary>
    public CallSnapshot? Snapshot { get; init; }

    /// <summary>The facts of its call.</summary>
    internal CallEnvelope ToEnvelope() => FormatVersion.MoveOutOfHeaders(
        new CallEnvelope { Operation = Kind, Model = $"/v1{Root}", Headers = OfFormat(Headers) });

    private IReadOnlyDictionary<string, string> OfFormat(IReadOnlyDictionary<string, string> headers) =>
        Kind == CallOperation.StoredResponse ? BetaHeader.Read(headers) : headers;

    /// <summary>Whether it is about a batch whose requests are in its body.</summary>
    internal bool IsOfMessages => StoredFormat.Of(this) == StoredFormat.Messages;

    /// <summary>The path of its kind below a provider's base URL.</summary>
    internal string Root => Kind switch
    {
        CallOperation.StoredResponse => "/responses",
        CallOperation.File => "/files",
        _ => StoredFormat.Of(this).Batches,
    };

    /// <summary>The path with its id.</summary>
    internal string Path()
    {
        var one = Id is { } id ? $"{Root}/{Uri.EscapeDataString(id)}" : Root;
        return Action switch
        {
            StoredAction.Cancel => one + "/cancel",
            StoredAction.Content => one + (Kind == CallOperation.Batch ? "/results" : "/content"),
            StoredAction.Inputs => one + "/input_items",
            _ => one,
        };
    }

    /// <summary>The method.</summary>
    internal HttpMethod Method => Action switch
    {
        StoredAction.Create or StoredAction.Cancel => HttpMethod.Post,
        StoredAction.Delete => HttpMethod.Delete,
        _ => HttpMethod.Get,
    };
}
