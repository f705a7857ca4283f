using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Switchyard.Auditing;

/// <summary>Something that was changed, or was to be: who, when, what, and how it ended. It holds no secret.</summary>
/// <param name="Who">The name of the admin key, of the token's subject, or <c>command line</c>.</param>
/// <param name="Kind">How they have shown who they are: <c>key</c>, <c>token</c>, <c>client_key</c>, <c>command_line</c> or
/// <c>none</c>.</param>
/// <param name="Role">What they may do.</param>
/// <param name="Operation">What was asked: <c>PUT /admin/limits/{name}</c>, <c>switchyard keys create</c>.</param>
/// <param name="Target">What it was asked for; empty where there is only one.</param>
/// <param name="Changes">What was to be set, as JSON with secrets masked; null where nothing was said.</param>
/// <param name="Status">The status of the answer; 0 on the command line where it was done.</param>
/// <param name="Outcome"><c>done</c>, <c>refused</c> or <c>failed</c>; and the reason's code.</param>
/// <param name="RequestId">The id of the request; null on the command line.</param>
public sealed record AuditFact(
    string Who, string Kind, string Role, string Operation, string Target, string? Changes, int Status, string Outcome, string? RequestId);

/// <summary>An entry of the audit log. Each carries the hash of the one before, so that none can be changed or taken out unseen.</summary>
/// <param name="Number">Its number, from 1 without a gap.</param>
/// <param name="Time">When it was written, to the millisecond.</param>
/// <param name="Fact">What it says.</param>
/// <param name="Previous">The hash of the entry before; empty for the first.</param>
/// <param name="Hash">The hash of all this, as 64 hexadecimal digits.</param>
public sealed record AuditEntry(long Number, DateTimeOffset Time, AuditFact Fact, string Previous, string Hash)
{
    /// <summary>The entry that follows another.</summary>
    internal static AuditEntry After(AuditEntry? last, AuditFact fact, DateTimeOffset now)
    {
        // What a database gives back again: milliseconds in UTC.
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

/// <summary>Whether the audit log is whole.</summary>
/// <param name="IsWhole">Whether no entry was changed, taken out or put in.</param>
/// <param name="Entries">How many entries were looked at.</param>
/// <param name="LastHash">The hash of the last of them; null without entries. Kept elsewhere, it shows later whether entries were cut
/// off.</param>
/// <param name="FirstBroken">The number of the first entry that is not as it was written; null where there is none.</param>
/// <param name="Problem">What is wrong with it.</param>
public sealed record AuditVerdict(bool IsWhole, long Entries, string? LastHash, long? FirstBroken = null, string? Problem = null);
