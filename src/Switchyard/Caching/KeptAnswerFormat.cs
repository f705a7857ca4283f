using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Serialization;
using Switchyard.Calls;
using Switchyard.Canonical;

namespace Switchyard.Caching;

/// <summary>
/// The bytes of a kept answer: a version, the length of its facts, the facts as JSON, the body unchanged. Bytes of another version, or
/// of anything that is not a kept answer, are not read.
/// </summary>
internal static class KeptAnswerFormat
{
    private const byte Version = 1;
    private const int Prefix = 1 + sizeof(int);

    public static byte[] Write(KeptAnswer answer)
    {
        var facts = JsonSerializer.SerializeToUtf8Bytes(
            new KeptFacts(
                answer.Head, answer.Source.Provider, answer.Source.Model, answer.Source.Dropped, answer.Source.Usage,
                answer.Content.ToString(), answer.StoredAt, answer.Ttl),
            KeptFactsJson.Default.KeptFacts);
        var bytes = new byte[Prefix + facts.Length + answer.Body.Length];
        bytes[0] = Version;
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(1), facts.Length);
        facts.CopyTo(bytes.AsSpan(Prefix));
        answer.Body.Span.CopyTo(bytes.AsSpan(Prefix + facts.Length));
        return bytes;
    }

    public static bool TryRead(ReadOnlyMemory<byte> bytes, [NotNullWhen(true)] out KeptAnswer? answer)
    {
        answer = null;
        var span = bytes.Span;
        if (span.Length < Prefix || span[0] != Version)
            return false;
        var length = BinaryPrimitives.ReadInt32LittleEndian(span[1..]);
        if (length < 0 || length > span.Length - Prefix)
            return false;
        try
        {
            if (JsonSerializer.Deserialize(span.Slice(Prefix, length), KeptFactsJson.Default.KeptFacts)
                is not { Head: { } head, Content.Length: 2 * AnswerKey.Size } facts)
                return false;
            answer = new KeptAnswer(
                head,
                bytes[(Prefix + length)..],
                new AnswerSource
                {
                    Provider = facts.Provider ?? "",
                    Model = facts.Model ?? "",
                    Dropped = facts.Dropped ?? [],
                    Usage = facts.Usage,
                },
                AnswerKey.From(Convert.FromHexString(facts.Content)),
                facts.StoredAt,
                facts.Ttl);
            return Enum.IsDefined(head.Form) && head.ContentType is not null;
        }
        catch (Exception e) when (e is JsonException or FormatException or NotSupportedException)
        {
            return false;
        }
    }
}

/// <summary>Everything of a kept answer but its body.</summary>
internal sealed record KeptFacts(
    AnswerHead Head,
    string Provider,
    string Model,
    IReadOnlyList<string> Dropped,
    TokenUsage Usage,
    string Content,
    DateTimeOffset StoredAt,
    TimeSpan Ttl);

[JsonSerializable(typeof(KeptFacts))]
internal sealed partial class KeptFactsJson : JsonSerializerContext;
