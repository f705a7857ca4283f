using System.Text.Json;
using System.Text.Json.Nodes;

namespace Switchyard.TestKit;

/// <summary>Folders of plugins, made of the test plugin and a manifest.</summary>
public static class PluginFolders
{
    /// <summary>The assembly of the test plugin, whose settings script it.</summary>
    public const string Assembly = "Switchyard.TestPlugin.dll";

    private static readonly string s_built = Path.GetFullPath(Path.Combine(
        AppContext.BaseDirectory,
        "..",
        "..",
        "Switchyard.TestPlugin",
        Path.GetFileName(Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory))));

    /// <summary>The build output of the sample <c>samples/GreetingPlugin</c>.</summary>
    public static string Greeting => Path.Combine(s_built, "..", "..", "GreetingPlugin", Path.GetFileName(s_built));

    extension(TemporaryFolder folder)
    {
        /// <summary>Creates the folder of a plugin <c>mine</c> and returns its path.</summary>
        /// <param name="name">The folder's name.</param>
        /// <param name="version">The plugin's version.</param>
        /// <param name="adds">The additions that its manifest declares; null for the provider <c>mine</c>.</param>
        /// <param name="settings">Its settings, as pairs: <c>("act", "throw")</c>.</param>
        /// <param name="change">Changes the manifest, so that it is wrong.</param>
        public string Plugin(
            string name,
            string version,
            string[]? adds = null,
            (string Name, string Value)[]? settings = null,
            Action<JsonObject>? change = null)
        {
            var path = folder[name];
            Directory.CreateDirectory(path);
            File.Copy(Path.Combine(s_built, Assembly), Path.Combine(path, Assembly), overwrite: true);
            var manifest = new JsonObject
            {
                ["name"] = "mine",
                ["version"] = version,
                ["contract"] = 1,
                ["assembly"] = Assembly,
                ["entry"] = "Switchyard.TestPlugin.MinePlugin",
                ["adds"] = new JsonArray([.. (adds ?? ["provider:mine"]).Select(word => JsonValue.Create(word))]),
                ["settings"] = new JsonObject(
                    (settings ?? [("provider", "mine")]).Select(pair => KeyValuePair.Create(pair.Name, (JsonNode?)pair.Value))),
            };
            change?.Invoke(manifest);
            folder.Write(Path.Combine(name, "plugin.json"), manifest.ToJsonString(new JsonSerializerOptions { WriteIndented = true }));
            return path;
        }
    }
}
