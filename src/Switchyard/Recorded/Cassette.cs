namespace Switchyard.Recorded;

/// <summary>A recording: one request to a provider, and its answer. Immutable.</summary>
internal sealed record Cassette
{
    /// <summary>The version of the file format that this program writes, and the newest it reads.</summary>
    public const int Version = 1;

    /// <summary>Its path relative to the folder of recordings, for messages, with slashes.</summary>
    public string File { get; init; } = "";

    /// <summary>When the request was sent.</summary>
    public required DateTimeOffset Recorded { get; init; }

    /// <summary>The alias of the call; null if it named a model.</summary>
    public string? Alias { get; init; }

    /// <summary>The provider's name.</summary>
    public required string Provider { get; init; }

    /// <summary>The provider's entry in the catalogue; null if it has none.</summary>
    public string? Type { get; init; }

    /// <summary>The wire format.</summary>
    public required string Format { get; init; }

    /// <summary>The provider's own name of the model.</summary>
    public required string Model { get; init; }

    /// <summary>The request to the provider.</summary>
    public required RecordedRequest Request { get; init; }

    /// <summary>The answer of the provider.</summary>
    public required RecordedAnswer Answer { get; init; }
}

/// <summary>A request as it was sent, without credentials.</summary>
internal sealed record RecordedRequest
{
    /// <summary>The method.</summary>
    public required string Method { get; init; }

    /// <summary>The path below the provider's base URL: <c>/chat/completions</c>.</summary>
    public required string Path { get; init; }

    /// <summary>The query, without its question mark; empty for none.</summary>
    public string Query { get; init; } = "";

    /// <summary>The headers.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Headers { get; init; } = [];

    /// <summary>The body; null if it was left out.</summary>
    public ReadOnlyMemory<byte>? Body { get; init; }

    /// <summary>
    /// Whether a mask in the body may stand for a secret. False if nothing was masked: a text like a mask is then the client's.
    /// </summary>
    public bool MayBeMasked { get; init; } = true;
}

/// <summary>An answer as it was received.</summary>
internal sealed record RecordedAnswer
{
    /// <summary>The status.</summary>
    public required int Status { get; init; }

    /// <summary>The time from sending the request to the headers.</summary>
    public TimeSpan After { get; init; }

    /// <summary>The headers.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Headers { get; init; } = [];

    /// <summary>The body, in the pieces in which it arrived.</summary>
    public IReadOnlyList<RecordedPiece> Pieces { get; init; } = [];

    /// <summary>Whether the connection broke after the last piece.</summary>
    public bool BrokeOff { get; init; }

    /// <summary>The length of the body.</summary>
    public long Length => Pieces.Sum(piece => (long)piece.Bytes.Length);

    /// <summary>The value of a header; null without it.</summary>
    public string? Header(string name) =>
        Headers.FirstOrDefault(header => header.Key.Equals(name, StringComparison.OrdinalIgnoreCase)).Value;
}

/// <summary>Bytes of an answer that arrived together.</summary>
/// <param name="After">The time since the previous piece, or since the headers.</param>
/// <param name="Bytes">The bytes.</param>
internal readonly record struct RecordedPiece(TimeSpan After, ReadOnlyMemory<byte> Bytes);
