using System.Text.Json;
using System.Text.Json.Serialization;

namespace Switchyard.EndToEnd.Tests.Matrix;

/// <summary>A tool call as a client saw it.</summary>
internal sealed record SeenCall(string? Id, string Name, JsonElement Arguments);

/// <summary>
/// What a client saw of one answer, in one vocabulary for all clients: <c>stop</c>, <c>length</c>, <c>tools</c>, <c>filter</c>.
/// </summary>
internal sealed record Seen
{
    public string? Text { get; init; }

    public string? Reasoning { get; init; }

    public string? Finish { get; init; }

    /// <summary>The stop sequence that ended it; null if the client's format does not name it.</summary>
    public string? StopSequence { get; init; }

    public IReadOnlyList<SeenCall> Calls { get; init; } = [];

    public long? Input { get; init; }

    public long? Output { get; init; }

    /// <summary>The number of pieces of a stream.</summary>
    public int Chunks { get; init; }
}

/// <summary>The result of one verb: the answer the client saw, or the error it threw.</summary>
internal sealed record Outcome
{
    private static readonly JsonSerializerOptions s_json =
        new(JsonSerializerDefaults.Web) { RespectNullableAnnotations = false, DefaultIgnoreCondition = JsonIgnoreCondition.Never };

    public Seen? Value { get; init; }

    /// <summary>The class of the error.</summary>
    public string? Error { get; init; }

    public int? Status { get; init; }

    public string? Message { get; init; }

    public string? RetryAfter { get; init; }

    public override string ToString() => JsonSerializer.Serialize(this, s_json);

    /// <summary>The output of <c>matrix.mjs</c>, by upstream and verb.</summary>
    public static Dictionary<string, Dictionary<string, Outcome>> Parse(JsonElement printed) =>
        printed.Deserialize<Dictionary<string, Dictionary<string, Outcome>>>(s_json)!;
}
