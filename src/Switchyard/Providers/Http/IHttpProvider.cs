namespace Switchyard.Providers.Http;

/// <summary>A provider reached over HTTP in a dialect.</summary>
public interface IHttpProvider : IProvider
{
    /// <summary>How it is reached. Valid once initialised.</summary>
    HttpEndpoint Endpoint { get; }
}
