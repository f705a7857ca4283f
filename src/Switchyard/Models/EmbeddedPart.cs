using System.Text.Json;

namespace Switchyard.Models;

/// <summary>
/// A part stored in a file of the assembly. The whole file is read, and kept, on the first query for a model of the provider. Searching it
/// for another provider's model needs only an index of 8 bytes a model: self-hosted servers often have models that no provider lists, and
/// keeping every file for them would cost 5 MB.
/// </summary>
internal sealed class EmbeddedPart : IProviderPart
{
    private readonly string _resource;
    private readonly Lazy<ProviderModels> _models;
    private readonly Lazy<Index> _index;

    public EmbeddedPart(string provider, string resource)
    {
        Provider = provider;
        _resource = resource;
        _models = new(() => new ProviderModels(ModelCatalogReader.Read(Bytes(resource))));
        _index = new(() => new Index(Bytes(resource)));
    }

    public string Provider { get; }

    public ProviderModels Models => _models.Value;

    public IEnumerable<ModelInfo> NamedEverywhere(string name) =>
        _index.Value.StartsOf(name).Select(Read).Where(model => NormalizedNames.Everywhere(model.Id) == name);

    private ModelInfo Read(int start) => ModelCatalogReader.ReadAt(Bytes(_resource), start);

    /// <summary>The file's bytes in the loaded assembly; nothing is copied.</summary>
    private static unsafe ReadOnlySpan<byte> Bytes(string resource)
    {
        using var stream = (UnmanagedMemoryStream)typeof(EmbeddedPart).Assembly.GetManifestResourceStream(resource)!;
        return new ReadOnlySpan<byte>(stream.PositionPointer, (int)stream.Length);
    }

    /// <summary>
    /// Where in the file the models of a name may begin. Names are stored as hashes, so the reader of a model compares its name.
    /// </summary>
    private sealed class Index
    {
        private readonly List<int> _hashes = [];
        private readonly List<int> _starts = [];

        public Index(ReadOnlySpan<byte> file)
        {
            var reader = new Utf8JsonReader(file);
            ModelCatalogReader.EnterModels(ref reader);
            while (reader.Read() && reader.TokenType == JsonTokenType.StartObject)
            {
                _starts.Add((int)reader.TokenStartIndex);
                _hashes.Add(HashOf(NormalizedNames.Everywhere(ModelCatalogReader.ReadId(ref reader))));
            }
        }

        public IEnumerable<int> StartsOf(string name)
        {
            var hash = HashOf(name);
            for (var i = _hashes.IndexOf(hash); i >= 0; i = _hashes.IndexOf(hash, i + 1))
                yield return _starts[i];
        }

        private static int HashOf(string name) => string.GetHashCode(name, StringComparison.Ordinal);
    }
}
