using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Switchyard.Auditing;
using Switchyard.Identity;

namespace Switchyard.Gateway.Admin.Features;

/// <summary><c>/admin/audit</c>: who changed what, and whether the log is intact.</summary>
internal sealed class AuditAdmin(AuditLog audit) : IAdminEndpoints
{
    public void Map(AdminRoutes routes)
    {
        routes.Get(
            "/admin/audit",
            new(AdminRole.Viewer, "Lists administrative changes, the newest first")
            {
                Answer = () => AuditJson.Default.AdminListAuditView,
                IsList = true,
            },
            ListAsync);
        routes.Get(
            "/admin/audit/verify",
            new(AdminRole.Viewer, "Verifies that the audit log is intact, or names the first entry that is not")
            {
                Answer = () => AuditJson.Default.AuditVerdict,
            },
            async call => await call.AnswerAsync(await ReadAsync(() => audit.VerifyAsync(call.Aborted)), AuditJson.Default.AuditVerdict));
    }

    private async Task ListAsync(AdminCall call)
    {
        var (limit, cursor) = call.Page();
        long? before = null;
        if (cursor is not null)
        {
            before = long.TryParse(cursor, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
                ? number
                : throw AdminException.BadRequest("invalid_cursor", "'cursor' must be the 'next' of the previous page.");
        }

        var entries = await ReadAsync(() => audit.ListAsync(before, limit + 1, call.Aborted));
        var page = new AdminList<AuditView>(
            [.. entries.Take(limit).Select(AuditView.Of)],
            entries.Count > limit ? entries[limit - 1].Number.ToString(CultureInfo.InvariantCulture) : null);
        await call.AnswerAsync(page, AuditJson.Default.AdminListAuditView);
    }

    private static async Task<T> ReadAsync<T>(Func<Task<T>> read)
    {
        try
        {
            return await read();
        }
        catch (AuditException away)
        {
            throw AdminException.Unavailable("audit_away", away.Message);
        }
    }
}

/// <summary>An entry of the audit log, as it is shown.</summary>
internal sealed record AuditView(
    long Number,
    DateTimeOffset Time,
    string Who,
    string Kind,
    string Role,
    string Operation,
    string Target,
    JsonNode? Changes,
    int Status,
    string Outcome,
    string? RequestId,
    string Previous,
    string Hash)
{
    public static AuditView Of(AuditEntry entry) => new(
        Number: entry.Number,
        Time: entry.Time,
        Who: entry.Fact.Who,
        Kind: entry.Fact.Kind,
        Role: entry.Fact.Role,
        Operation: entry.Fact.Operation,
        Target: entry.Fact.Target,
        Changes: Read(entry.Fact.Changes),
        Status: entry.Fact.Status,
        Outcome: entry.Fact.Outcome,
        RequestId: entry.Fact.RequestId,
        Previous: entry.Previous,
        Hash: entry.Hash);

    /// <summary>The submitted settings as JSON; as text if they were cut off or are not JSON.</summary>
    private static JsonNode? Read(string? changes)
    {
        try
        {
            return changes is null ? null : JsonNode.Parse(changes);
        }
        catch (System.Text.Json.JsonException)
        {
            return JsonValue.Create(changes);
        }
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(AdminList<AuditView>))]
[JsonSerializable(typeof(AuditVerdict))]
internal sealed partial class AuditJson : JsonSerializerContext;
