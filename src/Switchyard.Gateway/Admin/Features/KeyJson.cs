using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Switchyard.Identity;

namespace Switchyard.Gateway.Admin.Features;

/// <summary>Keys and tenants as JSON: as they are shown, and their version.</summary>
internal static class KeyJson
{
    /// <summary>The most key names that are shown of a tenant.</summary>
    private const int MostKeys = 100;

    /// <summary>Removes the name from a body and returns it: it is not a setting.</summary>
    public static string TakeName(JsonObject body)
    {
        if (body["name"] is not JsonValue value || !value.TryGetValue(out string? name) || string.IsNullOrWhiteSpace(name))
            throw AdminException.BadRequest("invalid_name", "The body needs a 'name', as text.");
        body.Remove("name");
        return name;
    }

    public static Task AnswerAsync(AdminCall call, JsonObject view, int status = StatusCodes.Status200OK)
    {
        call.SetVersion(VersionOf(view));
        return call.AnswerAsync(view, AdminJson.Default.JsonObject, status);
    }

    /// <summary>The version of a key or tenant: a hash of its view, without the key itself, its status and its use.</summary>
    public static string VersionOf(JsonObject view) => AdminVersion.Of(string.Join(
        '|', view.Where(entry => entry.Key is not ("key" or "last_used" or "keys" or "key_count" or "status")).Select(
            entry => $"{entry.Key} {entry.Value?.ToJsonString()}")));

    /// <summary>A key: its facts, then its settings as the configuration writes them.</summary>
    public static JsonObject View(KeyInfo key, string? secret = null)
    {
        var view = new JsonObject
        {
            ["object"] = "key",
            ["name"] = key.Name,
            ["id"] = key.Id,
            ["source"] = key.IsConfigured ? "configuration" : "store",
            ["status"] = key.Status,
        };
        Add("key", secret);
        Add("prefix", key.Prefix);
        Add("problem", key.Problem);
        Add("created", Text(key.Created));
        Add("last_used", Text(key.LastUsed));
        Add("revoked", Text(key.Revoked));
        Add("previous_ends", Text(key.PreviousEnds));
        foreach (var (name, value) in key.Settings)
            view[name] = value?.DeepClone();
        return view;

        void Add(string name, string? value)
        {
            if (value is not null)
                view[name] = value;
        }
    }

    /// <summary>A tenant: its facts, then its settings as the configuration writes them.</summary>
    public static JsonObject View(TenantInfo tenant)
    {
        var view = new JsonObject
        {
            ["object"] = "tenant",
            ["name"] = tenant.Name,
            ["source"] = tenant.IsConfigured ? "configuration" : "store",
            ["keys"] = new JsonArray([.. tenant.Keys.Take(MostKeys).Select(key => JsonValue.Create(key))]),
            ["key_count"] = tenant.Keys.Count,
        };
        if (tenant.Created is { } created)
            view["created"] = Text(created);
        foreach (var (name, value) in tenant.Settings)
            view[name] = value?.DeepClone();
        return view;
    }

    private static string? Text(DateTimeOffset? time) =>
        time?.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture);
}
