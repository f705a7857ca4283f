using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Switchyard.Auditing;

/// <summary>A change, done or refused: who asked for it, when, what it was, and how it ended. It holds no secret.</summary>
/// <param name="Who">The name of the admin key, of the token's subject, or <c>command line</c>.</param>
/// <param name="Kind">How the administrator authenticated: <c>key</c>, <c>token</c>, <c>client_key</c>, <c>command_line</c> or
/// <c>none</c>.</param>
/// <param name="Role">The administrator's role.</param>
/// <param name="Operation">The requested operation: <c>PUT /admin/limits/{name}</c>, <c>switchyard keys create</c>.</param>
/// <param name="Target">The object of the operation; empty if only one exists.</param>
/// <param name="Changes">The requested settings, as JSON with secrets masked; null if the request had none.</param>
/// <param name="Status">The status of the answer; 0 for a successful command line.</param>
/// <param name="Outcome"><c>done</c>, <c>refused</c> or <c>failed</c>; and the reason's code.</param>
/// <param name="RequestId">The id of the request; null on the command line.</param>
public sealed record AuditFact(
    string Who, string Kind, string Role, string Operation, string Target, string? Changes, int Status, string Outcome, string? RequestId);

/// <summary>An entry of the audit log. Each carries the hash of the one before, so that no change or removal goes unnoticed.</summary>
/// <param name="Number">Its number, from 1 without a gap.</param>
/// <param name="Time">When it was written, to the millisecond.</param>
/// <param name="Fact">Its content.</param>
/// <param name="Previous">The hash of the entry before; empty for the first.</param>
/// <param name="Hash">The hash of all this, as 64 hexadecimal digits.</param>
public sealed record AuditEntry(long Number, DateTimeOffset Time, AuditFact Fact, string Previous, string Hash)
{
    /// <summary>The entry that follows another.</summary>
    internal static AuditEntry After(AuditEntry? last, AuditFact fact, DateTimeOffset now)
    {
        // The precision a database returns: milliseconds in UTC.
        var time = DateTimeOffset.FromUnixTimeMilliseconds(now.ToUnixTimeMilliseconds());
        var entry = new AuditEntry((last?.Number ?? 0) + 1, time, fact, last?.Hash ?? "", "");
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
/// <param name="IsWhole">Whether no entry was changed, taken out or put in.</param>
/// <param name="Entries">The number of entries that were verified.</param>
/// <param name="LastHash">The hash of the last of them; null without entries. Stored elsewhere, it later shows whether entries were cut
/// off.</param>
/// <param name="FirstBroken">The number of the first entry that is not as it was written; null if the log is whole.</param>
/// <param name="Problem">The problem with that entry.</param>
public sealed record AuditVerdict(bool IsWhole, long Entries, string? LastHash, long? FirstBroken = null, string? Problem = null);
