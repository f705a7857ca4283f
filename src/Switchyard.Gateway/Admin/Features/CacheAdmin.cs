using System.Buffers;
using System.Text.Json.Serialization;
using Switchyard.Caching;
using Switchyard.Calls;
using Switchyard.Common;
using Switchyard.Configuration;
using Switchyard.Dialects;
using Switchyard.Engine;
using Switchyard.Gateway.Explaining;
using Switchyard.Identity;

namespace Switchyard.Gateway.Admin.Features;

/// <summary><c>/admin/cache</c>: shows, changes and empties the cache.</summary>
internal sealed class CacheAdmin(SwitchyardEngine engine, DialectSet dialects) : IAdminEndpoints
{
    private const int LongestRequest = 1 << 20;

    public void Map(AdminRoutes routes)
    {
        routes.Get(
            "/admin/cache",
            new(AdminRole.Viewer, "Shows the cache's size, hits and settings")
            {
                Answer = () => CacheJson.Default.CacheView,
            },
            call => call.AnswerAsync(View(), CacheJson.Default.CacheView));
        routes.Patch(
            "/admin/cache",
            new(AdminRole.Operator, "Changes the cache's settings")
            {
                Description = "Settings that are left out keep their values.",
                Body = () => CacheJson.Default.CacheChange,
                Example = """{"ttl_seconds":600}""",
                Answer = () => CacheJson.Default.CacheView,
            },
            async call =>
            {
                var change = await call.ReadAsync(CacheJson.Default.CacheChange);
                var outcome = await engine.Cache.UpdateAsync(change.ApplyTo, call.User.Name, call.Aborted);
                if (!outcome.Applied)
                    throw AdminException.BadRequest("invalid_cache", outcome.Reason ?? "The settings are not valid.");
                await call.AnswerAsync(View(), CacheJson.Default.CacheView);
            });
        routes.Delete("/admin/cache", new(AdminRole.Operator, "Removes every answer and resets the counts"), call =>
        {
            engine.Cache.Clear();
            return call.DoneAsync();
        });
        routes.Post(
            "/admin/cache/invalidate",
            new(AdminRole.Operator, "Removes the answers to a request, for all callers")
            {
                Description = "The body is the request in any client's format.",
                Body = () => AdminSchema.Json("AnyRequest", """{"type":"object"}"""),
                Example = """{"model":"mock/mock-model-v1","messages":[{"role":"user","content":"Hello"}]}""",
                Answer = () => CacheJson.Default.Invalidated,
            },
            async call => await call.AnswerAsync(new Invalidated(await InvalidateAsync(call)), CacheJson.Default.Invalidated));
    }

    private CacheView View()
    {
        var (statistics, options) = (engine.Cache.Statistics, engine.Options.Cache);
        return new(
            options is { Enabled: true },
            statistics.TotalEntries,
            statistics.TotalHits,
            statistics.TotalMisses,
            statistics.HitRate,
            statistics.MemorySizeBytes,
            options?.Ttl.TotalSeconds,
            options?.MaxEntries,
            options?.MaxBytes,
            options?.Scope,
            options?.Shared);
    }

    private async Task<bool> InvalidateAsync(AdminCall call)
    {
        var body = new ArrayBufferWriter<byte>();
        using (var request = new SizedStream(call.Http, LongestRequest))
        {
            while (await request.ReadAsync(body.GetMemory(4096), call.Aborted) is > 0 and var read)
                body.Advance(read);
        }

        try
        {
            var asked = AskedRequest.Read(call.Http.Request, body.WrittenSpan);
            var dialect = dialects.Ingress(asked.Dialect);
            var envelope = dialect.ReadEnvelope(asked.ToRequest(call.Http.Request, dialect), body.WrittenSpan);
            var bytes = PooledBytes.Owned(body.WrittenSpan.ToArray());
            return engine.Cache.Invalidate(new CallRequest(envelope, CallBody.FromWire(dialect, envelope, bytes)));
        }
        catch (CallException e)
        {
            throw AdminException.BadRequest("invalid_request", e.Error.Message);
        }
    }
}

/// <summary>The cache as it is shown, without settings if it is not configured.</summary>
internal sealed record CacheView(
    bool Enabled,
    int TotalEntries,
    long TotalHits,
    long TotalMisses,
    double HitRate,
    long MemorySizeBytes,
    double? TtlSeconds,
    int? MaxEntries,
    long? MaxBytes,
    string? Scope,
    string? Shared);

/// <summary>The settings to change; those that are null stay.</summary>
internal sealed record CacheChange(bool? Enabled, double? TtlSeconds, int? MaxEntries, long? MaxBytes)
{
    // Longer than any time that is valid, and short enough for a TimeSpan.
    private const double MostSeconds = 1e9;

    public void ApplyTo(CacheOptions options)
    {
        options.Enabled = Enabled ?? options.Enabled;
        options.Ttl = TtlSeconds is { } seconds ? TimeSpan.FromSeconds(Math.Clamp(seconds, 0, MostSeconds)) : options.Ttl;
        options.MaxEntries = MaxEntries ?? options.MaxEntries;
        options.MaxBytes = MaxBytes ?? options.MaxBytes;
    }
}

/// <summary>Whether an answer was dropped.</summary>
internal sealed record Invalidated(bool Dropped);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow)]
[JsonSerializable(typeof(CacheView))]
[JsonSerializable(typeof(CacheChange))]
[JsonSerializable(typeof(Invalidated))]
internal sealed partial class CacheJson : JsonSerializerContext;
