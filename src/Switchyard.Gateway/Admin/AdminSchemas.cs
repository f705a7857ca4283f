using System.Text.Json.Nodes;
using Switchyard.Identity;

namespace Switchyard.Gateway.Admin;

/// <summary>Schemas of bodies without a type of their own: settings, as the configuration has them, and objects with settings.</summary>
internal static class AdminSchemas
{
    private const string KeyFacts = """
        {"type":"object","properties":{
        "object":{"type":"string"},"name":{"type":"string"},"id":{"type":"string"},
        "source":{"enum":["configuration","store"]},"status":{"type":"string"},
        "key":{"type":"string","description":"The key itself: only in the answer that creates or rotates it."},
        "prefix":{"type":"string"},"created":{"type":"string","format":"date-time"},"last_used":{"type":"string","format":"date-time"},
        "revoked":{"type":"string","format":"date-time"},"previous_ends":{"type":"string","format":"date-time"}}}
        """;

    private const string TenantFacts = """
        {"type":"object","properties":{
        "object":{"type":"string"},"name":{"type":"string"},"source":{"enum":["configuration","store"]},
        "keys":{"type":"array","items":{"type":"string"}},"key_count":{"type":"integer"},"created":{"type":"string","format":"date-time"}}}
        """;

    /// <summary>The settings of a key, for a change.</summary>
    public static AdminSchema KeySettings { get; } = AdminSchema.Made("KeySettings", KeyDirectory.DescribeKeySettings);

    /// <summary>A new key.</summary>
    public static AdminSchema NewKey { get; } = AdminSchema.Made("NewKey", () => Named(KeyDirectory.DescribeKeySettings()));

    /// <summary>A key as it is shown.</summary>
    public static AdminSchema Key { get; } = AdminSchema.Json("Key", KeyFacts);

    /// <summary>A page of keys.</summary>
    public static AdminSchema Keys { get; } = ListOf("Key", KeyFacts);

    /// <summary>The settings of a tenant, for a change.</summary>
    public static AdminSchema TenantSettings { get; } = AdminSchema.Made("TenantSettings", KeyDirectory.DescribeTenantSettings);

    /// <summary>A new tenant.</summary>
    public static AdminSchema NewTenant { get; } = AdminSchema.Made("NewTenant", () => Named(KeyDirectory.DescribeTenantSettings()));

    /// <summary>A tenant as it is shown.</summary>
    public static AdminSchema Tenant { get; } = AdminSchema.Json("Tenant", TenantFacts);

    /// <summary>A page of tenants.</summary>
    public static AdminSchema Tenants { get; } = ListOf("Tenant", TenantFacts);

    /// <summary>A page of entries of this schema.</summary>
    public static AdminSchema ListOf(string name, string entry) => AdminSchema.Json(
        $"ListOf{name}",
        """{"type":"object","properties":{"object":{"const":"list"},"data":{"type":"array","items":""" + entry
            + """},"next":{"type":["string","null"]}}}""");

    private static JsonObject Named(JsonObject settings)
    {
        settings["properties"]!["name"] = new JsonObject { ["type"] = "string", ["description"] = "Its name." };
        settings["required"] = new JsonArray("name");
        return settings;
    }
}
