using System.Text.Json;
using System.Text.Json.Nodes;

namespace Switchyard.TestKit;

/// <summary>Folders of plugins, made of the test plugin and a manifest.</summary>
public static class PluginFolders
{
    /// <summary>The assembly of the plugin that does as its settings say.</summary>
    public const string Assembly = "Switchyard.TestPlugin.dll";

    private static readonly string s_built = Path.GetFullPath(Path.Combine(
        AppContext.BaseDirectory,
        "..",
        "..",
        "Switchyard.TestPlugin",
        Path.GetFileName(Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory))));

    /// <summary>The folder of the sample <c>samples/GreetingPlugin</c>, as it was built.</summary>
    public static string Greeting => Path.Combine(s_built, "..", "..", "GreetingPlugin", Path.GetFileName(s_built));

    extension(TemporaryFolder folder)
    {
        /// <summary>Makes the folder of a plugin <c>mine</c>, and gives its path.</summary>
        /// <param name="name">The folder's name.</param>
        /// <param name="version">The plugin's version.</param>
        /// <param name="adds">What it says it adds; null for the provider <c>mine</c>.</param>
        /// <param name="settings">What it is to do, as pairs: <c>("act", "throw")</c>.</param>
        /// <param name="change">Changes the manifest, so that it lies.</param>
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
