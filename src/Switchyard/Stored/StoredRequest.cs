using Switchyard.Calls;
using Switchyard.Canonical;

namespace Switchyard.Stored;

/// <summary>What is done with something that a provider keeps.</summary>
public enum StoredAction
{
    /// <summary>Reads one: a stored answer, a file's description, a batch's state.</summary>
    Get,

    /// <summary>Lists those of the caller.</summary>
    List,

    /// <summary>Uploads a file, or begins a batch.</summary>
    Create,

    /// <summary>Deletes one.</summary>
    Delete,

    /// <summary>Cancels an answer that is made in the background, or a batch.</summary>
    Cancel,

    /// <summary>Reads the bytes of a file.</summary>
    Content,

    /// <summary>Lists what an answer was asked with.</summary>
    Inputs,
}

/// <summary>A request about something that a provider keeps: the argument of <c>SwitchyardEngine.RunStoredAsync</c>.</summary>
/// <param name="Kind">
/// <see cref="CallOperation.StoredResponse"/>, <see cref="CallOperation.File"/> or <see cref="CallOperation.Batch"/>.
/// </param>
/// <param name="Action">What is done with it.</param>
public sealed record StoredRequest(CallOperation Kind, StoredAction Action)
{
    /// <summary>Its id; null for a list, and for what is created.</summary>
    public string? Id { get; init; }

    /// <summary>The provider, where no id says which: for an upload or a list. Null takes the only one that serves it.</summary>
    public string? Provider { get; init; }

    /// <summary>The request's parameters, which are passed on: <c>limit</c>, <c>after</c>, <c>purpose</c>.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Query { get; init; } = [];

    /// <summary>The JSON body of a batch that is created; empty elsewhere.</summary>
    public ReadOnlyMemory<byte> Json { get; init; }

    /// <summary>A file's upload, a form with its content type; null elsewhere. Its creator disposes it.</summary>
    public HttpContent? Upload { get; init; }

    /// <summary>The caller, whose it is; null for an in-process caller.</summary>
    public Caller? Caller { get; init; }

    /// <summary>The tenant the request is made for, where it names one.</summary>
    public string? Tenant { get; init; }

    /// <summary>The client's own id of the request; null makes one.</summary>
    public string? RequestId { get; init; }

    /// <summary>The client's place in a trace; null without one.</summary>
    public TraceContext? Trace { get; init; }

    /// <summary>The ids of the gateways it has passed; null for none.</summary>
    public string? Hops { get; init; }

    /// <summary>A configuration that the caller holds; null takes the one in force.</summary>
    public CallSnapshot? Snapshot { get; init; }

    /// <summary>The path of its kind below a provider's base URL.</summary>
    internal string Root => Kind switch
    {
        CallOperation.StoredResponse => "/responses",
        CallOperation.File => "/files",
        _ => "/batches",
    };

    /// <summary>The path with its id.</summary>
    internal string Path()
    {
        var one = Id is { } id ? $"{Root}/{Uri.EscapeDataString(id)}" : Root;
        return Action switch
        {
            StoredAction.Cancel => one + "/cancel",
            StoredAction.Content => one + "/content",
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
