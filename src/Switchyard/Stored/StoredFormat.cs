using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Providers.Http;

namespace Switchyard.Stored;

/// <summary>The differences between the formats in which stored objects are requested. Immutable.</summary>
internal sealed class StoredFormat
{
    /// <summary>Answers, files and batches of a file.</summary>
    public static readonly StoredFormat Usual = new()
    {
        Dialect = DialectId.OpenAIChat,
        Spoken = [DialectId.OpenAIChat, DialectId.OpenAIResponses],
        Batches = "/batches",
        After = "after",
        UsualBatches = 20,
        MostBatches = 100,
        Advice = "Enable one that does, such as openai.",
    };

    /// <summary>Batches of messages, whose requests are in their body.</summary>
    public static readonly StoredFormat Messages = new()
    {
        Dialect = DialectId.AnthropicMessages,
        Spoken = [DialectId.AnthropicMessages],
        Batches = "/messages/batches",
        After = "after_id",
        Before = "before_id",
        UsualBatches = 20,
        MostBatches = 1000,
        Advice = "Enable one that does, such as anthropic.",
    };

    private const int MostFiles = 10_000;

    private StoredFormat()
    {
    }

    /// <summary>The dialect of its headers and errors.</summary>
    public required DialectId Dialect { get; init; }

    /// <summary>The dialect of a kind's headers and errors: stored answers are those of OpenAI responses.</summary>
    public DialectId DialectOf(CallOperation kind) => kind == CallOperation.StoredResponse ? DialectId.OpenAIResponses : Dialect;

    /// <summary>The path of batches below a provider's base URL.</summary>
    public required string Batches { get; init; }

    /// <summary>The parameter of a list that begins after an id.</summary>
    public required string After { get; init; }

    /// <summary>The parameter of a list that ends before an id; null if the format has none.</summary>
    public string? Before { get; private init; }

    /// <summary>What to do if no provider serves it.</summary>
    public required string Advice { get; init; }

    private DialectId[] Spoken { get; init; } = [];

    private int UsualBatches { get; init; }

    private int MostBatches { get; init; }

    /// <summary>The format of a request.</summary>
    public static StoredFormat Of(StoredRequest request) => request.Dialect == DialectId.AnthropicMessages ? Messages : Usual;

    /// <summary>Whether a provider speaks it.</summary>
    public bool IsSpokenBy(HttpEndpoint endpoint) => endpoint.Dialects.Any(dialect => Spoken.Contains(dialect));

    /// <summary>The kind of its objects among the owners: one that an id of another format does not match.</summary>
    public string KindOf(CallOperation kind) => this == Messages ? "message_batch" : CallOperations.DataName(kind);

    /// <summary>Its objects in words, for messages.</summary>
    public string NameOf(CallOperation kind) => this == Messages ? "batches of messages" : CallOperations.Name(kind);

    /// <summary>The parameter of a list that determines where it begins, and its id; null for the beginning.</summary>
    /// <exception cref="CallException">The list would have to begin at two places.</exception>
    public (string Param, string? Id) CursorOf(StoredRequest request)
    {
        var after = ValueOf(request, After);
        if (Before is null || ValueOf(request, Before) is not { } before)
            return (After, after);
        return after is null
            ? (Before, before)
            : throw new CallException(
                CallErrorKind.InvalidRequest, $"A list begins after an id or ends before one: send '{After}' or '{Before}', not both.",
                Before);
    }

    /// <summary>The length of a list: if the request does not name one, and at most.</summary>
    public (int Usual, int Most) LengthOf(CallOperation kind) =>
        kind == CallOperation.File ? (MostFiles, MostFiles) : (UsualBatches, MostBatches);

    private static string? ValueOf(StoredRequest request, string name) =>
        request.Query.FirstOrDefault(pair => pair.Key == name).Value;
}
