using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Switchyard.Auditing;

/// <summary>A change, done or refused: who asked for it, when, what it was, and how it ended. It holds no secret.</summary>
public sealed record AuditFact
{
    /// <summary>The name of the admin key, of the token's subject, or <c>command line</c>.</summary>
    public required string Who { get; init; }

    /// <summary>
    /// How the administrator authenticated: <c>key</c>, <c>token</c>, <c>client_key</c>, <c>command_line</c> or <c>none</c>.
    /// </summary>
    public required string Kind { get; init; }

    /// <summary>The administrator's role.</summary>
    public required string Role { get; init; }

    /// <summary>The requested operation: <c>PUT /admin/limits/{name}</c>, <c>switchyard keys create</c>.</summary>
    public required string Operation { get; init; }

    /// <summary>The object of the operation; empty if only one exists.</summary>
    public required string Target { get; init; }

    /// <summary>The requested settings, as JSON with secrets masked; null if the request had none.</summary>
    public string? Changes { get; init; }

    /// <summary>The status of the answer; 0 for a successful command line.</summary>
    public required int Status { get; init; }

    /// <summary><c>done</c>, <c>refused</c> or <c>failed</c>; and the reason's code.</summary>
    public required string Outcome { get; init; }

    /// <summary>The id of the request; null on the command line.</summary>
    public string? RequestId { get; init; }
}

/// <summary>An entry of the audit log. Each carries the hash of the one before, so that no change or removal goes unnoticed.</summary>
public sealed record AuditEntry
{
    /// <summary>Its number, from 1 without a gap.</summary>
    public required long Number { get; init; }

    /// <summary>When it was written, to the millisecond.</summary>
    public required DateTimeOffset Time { get; init; }

    /// <summary>Its content.</summary>
    public required AuditFact Fact { get; init; }

    /// <summary>The hash of the entry before; empty for the first.</summary>
    public required string Previous { get; init; }

    /// <summary>The hash of all this, as 64 hexadecimal digits.</summary>
    public required string Hash { get; init; }

    /// <summary>The entry that follows another.</summary>
    internal static AuditEntry After(AuditEntry? last, AuditFact fact, DateTimeOffset now)
    {
        // The precision a database returns: milliseconds in UTC.
        var time = DateTimeOffset.FromUnixTimeMilliseconds(now.ToUnixTimeMilliseconds());
        var entry = new AuditEntry { Number = (last?.Number ?? 0) + 1, Time = time, Fact = fact, Previous = last?.Hash ?? "", Hash = "" };
        return entry with { Hash = entry.ComputeHash() };
    }

    /// <summary>The hash that the entry must have. Each part is preceded by its length, so that no two entries have the same
    /// parts.</summary>
    internal string ComputeHash()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Span<byte> length = stackalloc byte[sizeof(int)];
        foreach (var part in (string?[])
        [
            Previous, Number.ToString(CultureInfo.InvariantCulture), Time.ToUnixTimeMilliseconds().ToString(CultureInfo.InvariantCulture),
            Fact.Who, Fact.Kind, Fact.Role, Fact.Operation, Fact.Target, Fact.Changes,
            Fact.Status.ToString(CultureInfo.InvariantCulture), Fact.Outcome, Fact.RequestId,
        ])
        {
            var bytes = part is null ? null : Encoding.UTF8.GetBytes(part);
            BinaryPrimitives.WriteInt32LittleEndian(length, bytes?.Length ?? -1);
            hash.AppendData(length);
            hash.AppendData(bytes ?? []);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}

/// <summary>The result of a verification of the audit log.</summary>
public sealed record AuditVerdict
{
    /// <summary>Whether no entry was changed, taken out or put in.</summary>
    public required bool IsWhole { get; init; }

    /// <summary>The number of entries that were verified.</summary>
    public required long Entries { get; init; }

    /// <summary>
    /// The hash of the last of them; null without entries. Stored elsewhere, it later shows whether entries were cut off.
    /// </summary>
    public required string? LastHash { get; init; }

    /// <summary>The number of the first entry that is not as it was written; null if the log is whole.</summary>
    public long? FirstBroken { get; init; }

    /// <summary>The problem with that entry.</summary>
    public string? Problem { get; init; }
}
